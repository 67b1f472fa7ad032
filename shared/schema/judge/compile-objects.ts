import { isJsonObject, type JsonObject } from "../../event/event.ts";
import type { MatchPattern } from "./pattern/match-pattern.ts";
import { type Check, fail, failWithin, spend } from "./run.ts";

type CheckOf = (...path: (string | number)[]) => Check;

/** The checks of an object. `checkOf`: of the schema under a keyword, or under a name in its map. */
export function compileObject(
  node: JsonObject,
  checkOf: CheckOf,
  matcherOf: (pattern: string) => MatchPattern,
): Check[] {
  const { minProperties, maxProperties, required, propertyNames, dependentRequired } = node;
  const parts = compileProperties(node, checkOf, matcherOf);
  return [
    ...(typeof minProperties === "number" || typeof maxProperties === "number" ? [compileCounts(node)] : []),
    ...(Array.isArray(required) ? required.map((name: string) => compileRequired(name)) : []),
    ...entriesOf(dependentRequired).flatMap(([name, names]) =>
      (names as string[]).map((other) => dependsOn(name, other)),
    ),
    ...(propertyNames === undefined ? [] : [compileNames(checkOf("propertyNames"))]),
    ...(parts ? [parts] : []),
  ];
}

export function entriesOf(value: unknown): [string, unknown][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}

function compileCounts({ minProperties = 0, maxProperties = Number.POSITIVE_INFINITY }: JsonObject): Check {
  return (value, run) => {
    const { length } = Object.keys(value as JsonObject);
    spend(run, length);
    if (length < Number(minProperties)) return fail(run, value, `at least ${minProperties} properties`);
    return length <= Number(maxProperties) || fail(run, value, `at most ${maxProperties} properties`);
  };
}

function compileRequired(name: string): Check {
  return (value, run) => {
    spend(run, 1);
    if (Object.hasOwn(value as JsonObject, name)) return true;
    fail(run, undefined, "a value: it is required");
    return failWithin(run, name);
  };
}

function dependsOn(name: string, other: string): Check {
  return (value, run) => {
    spend(run, 1);
    if (!Object.hasOwn(value as JsonObject, name) || Object.hasOwn(value as JsonObject, other)) return true;
    fail(run, undefined, `a value: it is required beside \`${name}\``);
    return failWithin(run, other);
  };
}

function compileNames(check: Check): Check {
  return (value, run) => {
    for (const name in value as JsonObject) {
      if (check(name, run)) continue;
      fail(run, value, `names that fit \`propertyNames\`: ${run.expected}`);
      return failWithin(run, name);
    }
    return true;
  };
}

/** For a name that is put into a set, once more when that is put into another. */
const SET_STEPS = 8;

/** `properties`, `patternProperties` and `additionalProperties`, in one pass over the names. */
function compileProperties(
  node: JsonObject,
  checkOf: CheckOf,
  matcherOf: (pattern: string) => MatchPattern,
): Check | undefined {
  const { properties, patternProperties, additionalProperties } = node;
  // A map, so that no name is one that every object has.
  const byName = new Map(entriesOf(properties).map(([name]) => [name, checkOf("properties", name)]));
  const byPattern = entriesOf(patternProperties).map(([pattern]) => {
    return { matches: matcherOf(pattern), check: checkOf("patternProperties", pattern) };
  });
  const others = additionalProperties === undefined ? undefined : checkOf("additionalProperties");
  if (byName.size === 0 && byPattern.length === 0 && !others) return undefined;
  return (value, run, seen) => {
    const object = value as JsonObject;
    // JSON has no inherited names.
    for (const name in object) {
      spend(run, 1);
      const inner = object[name];
      let check = byName.get(name);
      if (check && !check(inner, run)) return failWithin(run, name);
      for (const { matches, check: ofPattern } of byPattern) {
        if (!matches(name, run)) continue;
        check = ofPattern;
        if (!check(inner, run)) return failWithin(run, name);
      }
      if (!check && others && !others(inner, run)) return failWithin(run, name);
      if (!seen || !(check || others)) continue;
      spend(run, SET_STEPS);
      seen.names.add(name);
    }
    return true;
  };
}

export function compileUnevaluatedProperties(check: Check): Check {
  return (value, run, seen) => {
    if (!isJsonObject(value) || !seen || seen.allNames) return true;
    for (const name in value) {
      spend(run, 1);
      if (!seen.names.has(name) && !check(value[name], run)) return failWithin(run, name);
    }
    seen.allNames = true;
    return true;
  };
}
