import { canonicalize, type Json, type Value } from "../json.ts";
import { compareText } from "../store/key.ts";

/** Equality of Cosmos DB: undefined if either side is, false across types, deep for arrays and objects. */
export function equalValues(a: Value, b: Value): boolean | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  return canonicalize(a) === canonicalize(b);
}

/** Order within one type of primitive values; undefined across types and for arrays and objects. */
export function compareValues(a: Value, b: Value): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  return a === null && b === null ? 0 : undefined;
}

/** AND of three-valued logic, where any value that is not a boolean counts as undefined. */
export function and(a: Value, b: Value): boolean | undefined {
  if (a === false || b === false) return false;
  return a === true && b === true ? true : undefined;
}

export function or(a: Value, b: Value): boolean | undefined {
  if (a === true || b === true) return true;
  return a === false && b === false ? false : undefined;
}

export function not(a: Value): boolean | undefined {
  return typeof a === "boolean" ? !a : undefined;
}

export function calculate(operator: "+" | "-" | "*" | "/" | "%", a: Value, b: Value): number | undefined {
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  const result = { "+": a + b, "-": a - b, "*": a * b, "/": a / b, "%": a % b }[operator];
  // Neither infinity nor NaN is JSON.
  return Number.isFinite(result) ? result : undefined;
}

/** LIKE: `%` any text, `_` any character, `[a-f]` and `[^a]` one of a set, with an optional escape character. */
export function matchLike(value: string, pattern: string, mark: string | undefined): boolean {
  const steps = readPattern(pattern, mark);
  const text = [...value];
  let at = 0;
  let step = 0;
  let star = -1;
  let resume = 0;
  // Greedy with one point to return to: usually linear, quadratic at worst. A regular expression may explode.
  while (at < text.length) {
    const current = steps[step];
    if (current === "any") {
      star = step++;
      resume = at;
    } else if (current?.(text[at] ?? "")) {
      step++;
      at++;
    } else if (star >= 0) {
      step = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return steps.slice(step).every((rest) => rest === "any");
}

type Step = "any" | ((character: string) => boolean);

function readPattern(pattern: string, mark: string | undefined): Step[] {
  const steps: Step[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? "";
    const close = character === "[" ? characters.indexOf("]", i + 1) : -1;
    if (character === mark && i + 1 < characters.length) steps.push(equals(characters[++i] ?? ""));
    else if (character === "%") steps.push("any");
    else if (character === "_") steps.push(() => true);
    else if (close > 0) {
      steps.push(oneOf(characters.slice(i + 1, close)));
      i = close;
    } else steps.push(equals(character));
  }
  return steps;
}

const equals =
  (wanted: string): Step =>
  (character) =>
    character === wanted;

function oneOf(set: readonly string[]): Step {
  const negated = set[0] === "^";
  const members = negated ? set.slice(1) : set;
  const contains = (character: string): boolean =>
    members.some((member, i) => {
      const isRange = members[i + 1] === "-" && members[i + 2] !== undefined;
      return isRange ? character >= member && character <= (members[i + 2] ?? "") : character === member;
    });
  return (character) => contains(character) !== negated;
}

/** Keeps the first of equal values. */
export function isDistinct(seen: Set<string>, value: Json): boolean {
  const text = canonicalize(value);
  if (seen.has(text)) return false;
  seen.add(text);
  return true;
}
