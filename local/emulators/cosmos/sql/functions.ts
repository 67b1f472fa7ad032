import { isArray, isObject, type Json, type Value } from "../json.ts";
import { createDateFunctions } from "./date-functions.ts";
import type { FunctionRow, QueryFunction } from "./function-row.ts";
import { equalValues } from "./values.ts";

/** Every function by its name in upper case. `now` gives milliseconds since 1970. */
export function createFunctions(now: () => number): ReadonlyMap<string, QueryFunction> {
  const table = new Map<string, QueryFunction>();
  for (const group of [typeFunctions, textFunctions, arrayFunctions, mathFunctions, createDateFunctions(now)]) {
    for (const [name, min, max, call] of group) table.set(name, { min, max, call });
  }
  return table;
}

const typeFunctions: readonly FunctionRow[] = [
  ["IS_DEFINED", 1, 1, ([a]) => a !== undefined],
  ["IS_NULL", 1, 1, ([a]) => a === null],
  ["IS_STRING", 1, 1, ([a]) => typeof a === "string"],
  ["IS_NUMBER", 1, 1, ([a]) => typeof a === "number"],
  ["IS_INTEGER", 1, 1, ([a]) => Number.isSafeInteger(a)],
  ["IS_BOOL", 1, 1, ([a]) => typeof a === "boolean"],
  ["IS_ARRAY", 1, 1, ([a]) => isArray(a)],
  ["IS_OBJECT", 1, 1, ([a]) => isObject(a)],
  ["IS_PRIMITIVE", 1, 1, ([a]) => a !== undefined && (a === null || typeof a !== "object")],
  ["TOSTRING", 1, 1, ([a]) => (a === undefined ? undefined : typeof a === "string" ? a : JSON.stringify(a))],
  ["STRINGTONUMBER", 1, 1, ([a]) => parseAs(a, (value) => typeof value === "number")],
  ["STRINGTOBOOLEAN", 1, 1, ([a]) => parseAs(a, (value) => typeof value === "boolean")],
  ["STRINGTONULL", 1, 1, ([a]) => parseAs(a, (value) => value === null)],
  ["STRINGTOARRAY", 1, 1, ([a]) => parseAs(a, isArray)],
  ["STRINGTOOBJECT", 1, 1, ([a]) => parseAs(a, isObject)],
];

function parseAs(text: Value, accepts: (value: Json) => boolean): Value {
  if (typeof text !== "string") return undefined;
  try {
    const value: Json = JSON.parse(text);
    return accepts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: Value): value is string => typeof value === "string";
const isNumber = (value: Value): value is number => typeof value === "number";

/** A function of one text. */
const ofText =
  (call: (text: string) => Value) =>
  ([a]: readonly Value[]): Value =>
    isText(a) ? call(a) : undefined;

/** A test of two texts, with an optional third argument: whether to ignore case. */
const ofTwoTexts =
  (test: (text: string, part: string) => boolean) =>
  ([a, b, ignoreCase]: readonly Value[]): Value => {
    if (!(isText(a) && isText(b))) return undefined;
    return ignoreCase === true ? test(a.toLowerCase(), b.toLowerCase()) : test(a, b);
  };

const textFunctions: readonly FunctionRow[] = [
  ["CONTAINS", 2, 3, ofTwoTexts((text, part) => text.includes(part))],
  ["STARTSWITH", 2, 3, ofTwoTexts((text, part) => text.startsWith(part))],
  ["ENDSWITH", 2, 3, ofTwoTexts((text, part) => text.endsWith(part))],
  ["STRINGEQUALS", 2, 3, ofTwoTexts((text, other) => text === other)],
  ["LOWER", 1, 1, ofText((text) => text.toLowerCase())],
  ["UPPER", 1, 1, ofText((text) => text.toUpperCase())],
  ["LENGTH", 1, 1, ofText((text) => text.length)],
  ["TRIM", 1, 1, ofText((text) => text.trim())],
  ["LTRIM", 1, 1, ofText((text) => text.trimStart())],
  ["RTRIM", 1, 1, ofText((text) => text.trimEnd())],
  ["REVERSE", 1, 1, ofText((text) => [...text].reverse().join(""))],
  ["CONCAT", 2, 200, (args) => (args.every(isText) ? args.join("") : undefined)],
  ["LEFT", 2, 2, ([a, n]) => (isText(a) && isNumber(n) ? a.slice(0, Math.max(0, n)) : undefined)],
  ["RIGHT", 2, 2, ([a, n]) => (isText(a) && isNumber(n) ? a.slice(Math.max(0, a.length - n)) : undefined)],
  ["SUBSTRING", 3, 3, ([a, from, n]) => takeSubstring(a, from, n)],
  ["INDEX_OF", 2, 3, ([a, b, from]) => (isText(a) && isText(b) ? a.indexOf(b, isNumber(from) ? from : 0) : undefined)],
  ["REPLACE", 3, 3, ([a, b, c]) => replaceText(a, b, c)],
  [
    "REPLICATE",
    2,
    2,
    ([a, n]) => (isText(a) && isNumber(n) && a.length * n <= 10_000 ? a.repeat(Math.max(0, n)) : undefined),
  ],
];

function takeSubstring(text: Value, from: Value, length: Value): Value {
  if (!(isText(text) && isNumber(from) && isNumber(length))) return undefined;
  const start = Math.max(0, from);
  return text.slice(start, start + Math.max(0, length));
}

function replaceText(text: Value, search: Value, replacement: Value): Value {
  if (!(isText(text) && isText(search) && isText(replacement))) return undefined;
  return search === "" ? text : text.replaceAll(search, () => replacement);
}

const arrayFunctions: readonly FunctionRow[] = [
  ["ARRAY_LENGTH", 1, 1, ([a]) => (isArray(a) ? a.length : undefined)],
  ["ARRAY_CONCAT", 2, 200, (args) => (args.every(isArray) ? args.flatMap((array) => [...array]) : undefined)],
  ["ARRAY_CONTAINS", 2, 3, ([a, b, partial]) => containsElement(a, b, partial === true)],
  [
    "ARRAY_CONTAINS_ANY",
    2,
    200,
    ([a, ...items]) => (isArray(a) ? items.some((b) => containsElement(a, b, false) === true) : undefined),
  ],
  [
    "ARRAY_CONTAINS_ALL",
    2,
    200,
    ([a, ...items]) => (isArray(a) ? items.every((b) => containsElement(a, b, false) === true) : undefined),
  ],
  ["ARRAY_SLICE", 2, 3, ([a, from, n]) => takeSlice(a, from, n)],
];

function containsElement(array: Value, wanted: Value, partial: boolean): Value {
  if (!isArray(array) || wanted === undefined) return undefined;
  return array.some((element) => (partial ? includesMembers(element, wanted) : equalValues(element, wanted) === true));
}

function includesMembers(value: Json, wanted: Json): boolean {
  if (!(isObject(value) && isObject(wanted))) return equalValues(value, wanted) === true;
  return Object.entries(wanted).every(([key, part]) => {
    const member = Object.hasOwn(value, key) ? value[key] : undefined;
    return member !== undefined && includesMembers(member, part);
  });
}

function takeSlice(array: Value, from: Value, length: Value): Value {
  if (!(isArray(array) && isNumber(from))) return undefined;
  const start = from < 0 ? Math.max(0, array.length + from) : from;
  return isNumber(length) ? array.slice(start, start + Math.max(0, length)) : array.slice(start);
}

const ofNumber =
  (call: (x: number) => number) =>
  ([a]: readonly Value[]): Value => {
    const result = isNumber(a) ? call(a) : undefined;
    return result !== undefined && Number.isFinite(result) ? result : undefined;
  };

const mathFunctions: readonly FunctionRow[] = [
  ["ABS", 1, 1, ofNumber(Math.abs)],
  ["FLOOR", 1, 1, ofNumber(Math.floor)],
  ["CEILING", 1, 1, ofNumber(Math.ceil)],
  ["ROUND", 1, 1, ofNumber((x) => Math.sign(x) * Math.round(Math.abs(x)))],
  ["TRUNC", 1, 1, ofNumber(Math.trunc)],
  ["SIGN", 1, 1, ofNumber(Math.sign)],
  ["SQRT", 1, 1, ofNumber(Math.sqrt)],
  ["SQUARE", 1, 1, ofNumber((x) => x * x)],
  ["EXP", 1, 1, ofNumber(Math.exp)],
  ["LOG", 1, 1, ofNumber(Math.log)],
  ["LOG10", 1, 1, ofNumber(Math.log10)],
  ["POWER", 2, 2, ([a, b]) => (isNumber(a) && isNumber(b) ? ofNumber((x) => x ** b)([a]) : undefined)],
  ["INTDIV", 2, 2, ([a, b]) => (isNumber(a) && isNumber(b) ? ofNumber((x) => Math.trunc(x / b))([a]) : undefined)],
];
