import type { JsonObject } from "../../event/event.ts";
import { hasParts, toCanonical } from "./canonical.ts";
import { type Check, fail, failWithin, spend } from "./run.ts";

/** The checks of an array. `checkOf`: of the schema under a keyword, or at a place in its list. */
export function compileArray(node: JsonObject, checkOf: (...path: (string | number)[]) => Check): Check[] {
  const { minItems, maxItems, uniqueItems, prefixItems, items, contains } = node;
  const prefix = Array.isArray(prefixItems) ? prefixItems.map((_, i) => checkOf("prefixItems", i)) : [];
  return [
    ...(typeof minItems === "number" ? [compileFewest(minItems)] : []),
    ...(typeof maxItems === "number" ? [compileMost(maxItems)] : []),
    ...(prefix.length > 0 || items !== undefined
      ? [compileItems(prefix, items === undefined ? undefined : checkOf("items"))]
      : []),
    ...(contains === undefined ? [] : [compileContains(node, checkOf("contains"))]),
    ...(uniqueItems === true ? [areDifferent] : []),
  ];
}

function compileFewest(least: number): Check {
  return (value, run) => (value as unknown[]).length >= least || fail(run, value, `at least ${least} items`);
}

function compileMost(most: number): Check {
  return (value, run) => (value as unknown[]).length <= most || fail(run, value, `at most ${most} items`);
}

function compileItems(prefix: readonly Check[], rest: Check | undefined): Check {
  return (value, run, seen) => {
    const items = value as unknown[];
    const end = rest ? items.length : Math.min(prefix.length, items.length);
    for (let i = 0; i < end; i++) {
      const check = prefix[i] ?? rest;
      if (check && !check(items[i], run)) return failWithin(run, i);
    }
    if (seen) seen.items = Math.max(seen.items, end);
    return true;
  };
}

function compileContains({ minContains, maxContains }: JsonObject, check: Check): Check {
  const least = typeof minContains === "number" ? minContains : 1;
  const most = typeof maxContains === "number" ? maxContains : Number.POSITIVE_INFINITY;
  return (value, run, seen) => {
    let count = 0;
    for (const [i, item] of (value as unknown[]).entries()) {
      if (!check(item, run)) continue;
      count++;
      if (seen) spend(run, SET_STEPS);
      seen?.indexes.add(i);
    }
    if (count < least) return fail(run, value, `at least ${least} items that fit \`contains\``);
    return count <= most || fail(run, value, `at most ${most} items that fit \`contains\``);
  };
}

/** For what is put into a set. */
const SET_STEPS = 4;

const areDifferent: Check = (value, run) => {
  const scalars = new Set<unknown>();
  const others = new Set<string>();
  for (const [i, item] of (value as unknown[]).entries()) {
    spend(run, SET_STEPS);
    if (hasParts(item)) others.add(toCanonical(item, run));
    else scalars.add(item);
    if (scalars.size + others.size > i) continue;
    fail(run, item, "items that all differ");
    return failWithin(run, i);
  }
  return true;
};

export function compileUnevaluatedItems(check: Check): Check {
  return (value, run, seen) => {
    if (!Array.isArray(value) || !seen) return true;
    for (let i = seen.items; i < value.length; i++) {
      if (seen.indexes.has(i)) continue;
      if (!check(value[i], run)) return failWithin(run, i);
    }
    seen.items = value.length;
    return true;
  };
}
