import { expect, it } from "vitest";
import { findMemberships, rememberOrgOfPerson } from "../../../../shared/access/members/person-index.ts";
import { createMemoryIdentityDocuments, type IdentityContainer } from "../../../support/memory-identity.ts";

it("an org that a person never joined is looked up for an hour, and then taken out of their index", async () => {
  const kept: IdentityContainer = new Map();
  const clock = { now: Date.parse("2026-11-25T10:00:00Z") };
  const deps = { documents: createMemoryIdentityDocuments(kept), now: () => clock.now };
  const orgsOf = () => [...kept.values()].flatMap(({ value }) => (value.kind === "person" ? value.orgs : []));
  await rememberOrgOfPerson(deps, "ada", "acme");
  clock.now += 3_600_000;
  expect(await findMemberships(deps, "ada")).toEqual([]);
  expect(orgsOf()).toHaveLength(1);
  clock.now += 1;
  expect(await findMemberships(deps, "ada")).toEqual([]);
  expect(orgsOf()).toEqual([]);
});
