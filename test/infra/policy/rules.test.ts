import { describe, expect, test } from "vitest";
import { findAllBroken, findBroken, isHeld } from "../../../infra/policy/find-broken.ts";
import { ofType, type Resource, shortType } from "../../../infra/policy/resource.ts";
import type { Beside, Broken } from "../../../infra/policy/rule.ts";
import { taggable, tagless } from "../../../infra/policy/rules/types.ts";
import { rules } from "../../../infra/policy/rules.ts";
import { readRuns } from "../support/runs.ts";

const { dev, prod, everything } = readRuns();
const stacks = [
  ["dev as a preview", "dev", dev.preview],
  ["dev", "dev", dev.update],
  ["prod as a preview", "prod", prod.preview],
  ["prod", "prod", prod.update],
  ["prod with every option", "prod", everything.update],
] as const;
const worlds = stacks.map(([, stack, { registrations }]) => ({ stack, resources: registrations }));
const breaks = (rule: Broken, resource: Resource, world: (typeof worlds)[number]): boolean =>
  findBroken(rule, rule.check, resource, world).next().done !== true;

test.each(stacks)("no rule is broken in %s", (_, stack, { registrations }) => {
  const found = [...findAllBroken(rules, { stack, resources: registrations })];
  expect(found.map(({ rule, message }) => `${rule.ids[0]}: ${message}`)).toEqual([]);
});

describe("a rule that stands as broken is broken by some resource, and says why", () => {
  test.each(rules.filter((rule): rule is Broken => rule.verdict === "no"))("$ids.0", (rule) => {
    const [, , , own] = worlds;
    if (own === undefined) throw new Error("there is no prod");
    expect(rule.because.length).toBeGreaterThan(20);
    expect(ofType(own, rule.type).some((resource) => breaks(rule, resource, own))).toBe(true);
  });
});

describe("a rule that is about nothing here finds nothing that it would be about", () => {
  test.each(rules.filter((rule): rule is Beside => rule.verdict === "n/a" || rule.verdict === "option"))(
    "$ids.0",
    (rule) => {
      expect(rule.because.length).toBeGreaterThan(10);
      const { check } = rule;
      const found = worlds.flatMap((world) =>
        ofType(world, rule.type).flatMap((resource) =>
          check ? [...findBroken(rule, check, resource, world)].map(({ message }) => message) : [resource.name],
        ),
      );
      expect(found).toEqual([]);
    },
  );
});

test("each rule that is held is about something in some stack", () => {
  const registered = new Set(worlds.flatMap(({ resources }) => resources.map(shortType)));
  const idle = rules.filter((rule) => isHeld(rule) && rule.type !== "*" && !registered.has(rule.type));
  expect(idle.map(({ ids, type }) => `${ids[0]} of ${type}`)).toEqual([]);
});

test("an exception is needed by what it is for", () => {
  const { registrations } = everything.update;
  const idle = rules
    .filter(isHeld)
    .flatMap(({ except, ...rule }) =>
      except &&
      ![...findAllBroken([rule], { stack: "prod", resources: registrations })].some(({ resource }) =>
        resource.urn.includes(`${except.within}$`),
      )
        ? [rule.ids[0]]
        : [],
    );
  expect(idle).toEqual([]);
});

test("each id stands once, in the form of its source", () => {
  const ids = rules.flatMap((rule) => rule.ids);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  const form =
    /^(Azure\.[A-Za-z0-9.]+(:[\w:]+)?|CKV2?_AZURE_\d+|AVD-AZU-\d{4}|headrace\.[a-z-]+\.[A-Za-z-]+(:[\w:]+)?)$/;
  expect(ids.filter((id) => !form.test(id))).toEqual([]);
});

test("every type that is registered is known to take tags, or not to", () => {
  const registered = worlds
    .flatMap(({ resources }) => resources)
    .filter(({ type }) => type.startsWith("azure-native:"));
  const known: readonly string[] = [...taggable, ...tagless];
  expect([...new Set(registered.map(shortType))].filter((type) => !known.includes(type))).toEqual([]);
});
