import { isJsonObject } from "../../event/event.ts";
import { DIALECT, isFormat, type KeywordKind, typeNames } from "./keywords.ts";
import { schemaLimits } from "./limits.ts";

type Check = (value: unknown) => string | undefined;

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string") && new Set(value).size === value.length;

/** Of `x-pii`. */
const marks: readonly unknown[] = ["hash", "drop", "truncate"];

/** What must stand under a keyword that holds no schema. Anything may, where a kind is not here. */
const checks: Partial<Record<KeywordKind, Check>> = {
  count: (value) => expect(Number.isSafeInteger(value) && Number(value) >= 0, "must be a whole number, 0 or more"),
  number: (value) => expect(typeof value === "number", "must be a number"),
  divisor: (value) => expect(typeof value === "number" && value > 0, "must be a number above 0"),
  boolean: (value) => expect(typeof value === "boolean", "must be true or false"),
  text: (value) => expect(typeof value === "string", "must be a text"),
  list: (value) => expect(Array.isArray(value), "must be a list"),
  names: (value) => expect(isNames(value), "must be a list of different names"),
  "names map": (value) =>
    expect(isJsonObject(value) && Object.values(value).every(isNames), "must be an object of lists of different names"),
  types: (value) => {
    const types = Array.isArray(value) ? value : [value];
    const areTypes = types.length > 0 && isNames(types) && types.every((type) => typeNames.includes(type));
    return expect(areTypes, `must be one of ${typeNames.join(", ")}, or a list of different ones`);
  },
  values: (value) => {
    if (!Array.isArray(value) || value.length === 0) return "must be a list of at least one value";
    const { enumValues } = schemaLimits;
    return expect(value.length <= enumValues, `has ${value.length} values, expected at most ${enumValues}`);
  },
  format: (value) => {
    if (typeof value !== "string") return "must be a text";
    return expect(isFormat(value), "the format is not supported; for a note, use a name that begins with `x-`");
  },
  dialect: (value) => expect(value === DIALECT || value === `${DIALECT}#`, `must be ${DIALECT}`),
  id: (value) => expect(typeof value === "string" && !value.includes("#"), "must be a URI without a fragment"),
  mark: (value) => expect(marks.includes(value), "must be `hash`, `drop` or `truncate`"),
  reference: (value) => {
    if (typeof value !== "string") return "must be a text";
    return expect(value.startsWith("#"), "leads out of the schema: only references that begin with # are supported");
  },
};

/** What is wrong with the value of a keyword. */
export function checkValue(kind: KeywordKind, value: unknown): string | undefined {
  return checks[kind]?.(value);
}

function expect(holds: boolean, message: string): string | undefined {
  return holds ? undefined : message;
}
