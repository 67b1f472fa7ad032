import { describe, expect, test } from "vitest";
import { valuesAt } from "../../../infra/policy/resource.ts";
import { rules } from "../../../infra/policy/rules.ts";
import { type Mutation, mutate, withoutEach, withValue } from "../support/mutations.ts";
import { dispensable, type Harmless, harmless, isOf } from "../support/not-security.ts";
import { readRuns } from "../support/runs.ts";
import { createSurvives } from "../support/survives.ts";
import { additions, weaken } from "../support/weaken.ts";

const { everything, prod } = readRuns();
const ofAzure = ({ type }: { readonly type: string }) => type.startsWith("azure-native:");
const recorded = everything.update.registrations.filter(ofAzure);
const survives = createSurvives(rules, "prod", recorded);
const types = [...new Set(recorded.map(({ type }) => type))];

/** The survivors among the mutations that no entry calls harmless. */
function findSurvivors(mutations: Iterable<Mutation>, entries: readonly Harmless[]): string[] {
  return [...mutations]
    .filter((mutation) => !entries.some((entry) => isOf(entry, mutation)) && survives(mutation.registrations))
    .map(({ what }) => what);
}

describe("whatever of its inputs is weakened or taken out, a rule is broken", () => {
  const all = Map.groupBy(mutate(recorded, weaken), ({ type }) => type);
  test.each(types)("%s", (type) => {
    const mutations = all.get(type) ?? [];
    expect(mutations.length).toBeGreaterThan(0);
    expect(findSurvivors(mutations, harmless)).toEqual([]);
  });
});

test("so it is with what prod has alone", () => {
  const inBoth = new Map(recorded.map((registration) => [registration.urn, JSON.stringify(registration.inputs)]));
  const ofProd = prod.update.registrations.filter(ofAzure);
  const alone = ofProd.filter(({ urn, inputs }) => inBoth.get(urn) !== JSON.stringify(inputs));
  const judge = createSurvives(rules, "prod", ofProd);
  const survivors = [
    ...mutate(ofProd, (value, path, registration) =>
      alone.includes(registration) ? weaken(value, path, registration) : [],
    ),
  ].filter((mutation) => !harmless.some((entry) => isOf(entry, mutation)) && judge(mutation.registrations));
  expect(survivors.map(({ what }) => what)).toEqual([]);
});

test("a resource that is missing is missed", () => {
  expect(findSurvivors(withoutEach(recorded), dispensable)).toEqual([]);
});

test.each(additions)("%s with %s is found", (type, path, value) => {
  const index = recorded.findIndex((registration) => registration.type === `azure-native:${type}`);
  const before = recorded[index];
  if (before === undefined) throw new Error(`there is no ${type}`);
  const inputs = withValue(before.inputs, path.split("."), value) as typeof before.inputs;
  expect(valuesAt(inputs, path)[0]?.[1]).toEqual(value);
  expect(survives(recorded.with(index, { ...before, inputs }))).toBe(false);
});

describe("every entry of the harmless is needed by a mutation that survives", () => {
  const all = [...mutate(recorded, weaken)];
  test.each(harmless)("$type $paths", (entry) => {
    expect(all.some((mutation) => isOf(entry, mutation) && survives(mutation.registrations))).toBe(true);
  });
  const less = [...withoutEach(recorded)];
  test.each(dispensable)("$type as a whole", (entry) => {
    expect(less.some((mutation) => isOf(entry, mutation) && survives(mutation.registrations))).toBe(true);
  });
});
