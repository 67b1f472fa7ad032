import type { JsonObject } from "../../event/event.ts";
import { hasParts, toCanonical } from "./canonical.ts";
import { readPattern } from "./check-pattern.ts";
import { formats } from "./formats.ts";
import { compileIsMultiple } from "./is-multiple.ts";
import { createMatcher, type MatchPattern } from "./pattern/match-pattern.ts";
import { type Check, fail, spend, spendOnText } from "./run.ts";

/** `enum` and `const`. */
export function compileEnum(values: readonly unknown[]): Check {
  const scalars = new Set(values.filter((value) => !hasParts(value)));
  const others = new Set(values.filter(hasParts).map((value) => toCanonical(value)));
  const shown = JSON.stringify(values).slice(1, -1);
  const expected = shown.length <= 100 ? shown : `one of ${values.length} values`;
  return (value, run) => {
    // Where none of them has parts, what has parts need not be written.
    const isKnown = hasParts(value) ? others.size > 0 && others.has(toCanonical(value, run)) : scalars.has(value);
    return isKnown || fail(run, value, values.length === 1 ? expected : `one of ${expected}`);
  };
}

/** The checks of a number, in the order in which they are made. */
export function compileNumber(node: JsonObject): Check[] {
  const bound = (name: string, holds: (value: number, limit: number) => boolean, sign: string): Check[] => {
    const limit = node[name];
    if (typeof limit !== "number") return [];
    return [(value, run) => holds(value as number, limit) || fail(run, value, `${sign} ${limit}`)];
  };
  const { multipleOf } = node;
  return [
    ...bound("minimum", (value, limit) => value >= limit, "at least"),
    ...bound("maximum", (value, limit) => value <= limit, "at most"),
    ...bound("exclusiveMinimum", (value, limit) => value > limit, "more than"),
    ...bound("exclusiveMaximum", (value, limit) => value < limit, "less than"),
    ...(typeof multipleOf === "number" ? [compileMultiple(multipleOf)] : []),
  ];
}

/** Numbers of hundreds of digits are long work. */
const MULTIPLE_STEPS = 100;

function compileMultiple(of: number): Check {
  const { isMultiple, isUsual } = compileIsMultiple(of);
  return (value, run) => {
    spend(run, isUsual(value as number) ? 1 : MULTIPLE_STEPS);
    return isMultiple(value as number) || fail(run, value, `a multiple of ${of}`);
  };
}

/** The checks of a text: those that are short work come first. */
export function compileText(node: JsonObject, matcherOf: (pattern: string) => MatchPattern): Check[] {
  const { minLength, maxLength, format, pattern } = node;
  return [
    ...(typeof maxLength === "number" ? [compileLongest(maxLength)] : []),
    ...(typeof minLength === "number" ? [compileShortest(minLength)] : []),
    ...(typeof format === "string" ? [compileFormat(format)] : []),
    ...(typeof pattern === "string" ? [compilePattern(pattern, matcherOf(pattern))] : []),
  ];
}

/** A character beyond 16 bits counts as one, and takes two code units. */
function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xdc00 || code > 0xdfff) continue;
    const before = text.charCodeAt(i - 1);
    if (before >= 0xd800 && before <= 0xdbff) count--;
  }
  return count;
}

function compileLongest(most: number): Check {
  return (value, run) => {
    const text = value as string;
    if (text.length <= most) return true;
    if (text.length <= 2 * most) {
      spendOnText(run, text);
      if (countCharacters(text) <= most) return true;
    }
    return fail(run, value, `at most ${most} characters`);
  };
}

function compileShortest(least: number): Check {
  return (value, run) => {
    const text = value as string;
    if (text.length >= 2 * least) return true;
    spendOnText(run, text);
    return countCharacters(text) >= least || fail(run, value, `at least ${least} characters`);
  };
}

function compileFormat(name: string): Check {
  const fits = formats[name];
  return (value, run) => {
    spendOnText(run, value as string);
    return fits === undefined || fits(value as string) || fail(run, value, `a text of the format ${name}`);
  };
}

function compilePattern(pattern: string, matches: MatchPattern): Check {
  return (value, run) => {
    const fits = matches(value as string, run);
    spend(run, 1);
    return fits || fail(run, value, `a text that matches ${pattern}`);
  };
}

/** `most`: places in the states that are remembered. */
export function compileMatcher(pattern: string, most: number): MatchPattern {
  return createMatcher(readPattern(pattern), most);
}
