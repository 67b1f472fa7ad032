import type { JsonSchema } from "../../shared/schema/json-schema.ts";
import { formats as allFormats } from "../../shared/schema/judge/formats.ts";
import { createSeen, type Formats, observe, type Seen } from "./observe.ts";

/** Of those that are asserted, the ones that a text does not have by chance; the narrowest first. */
const telling = ["uuid", "date-time", "date", "ipv4", "ipv6", "email", "uri"];
const formats: Formats = Object.fromEntries(
  telling.flatMap((name) => (allFormats[name] ? [[name, allFormats[name]]] : [])),
);

/** So many values before something is taken for a rule. */
const ENOUGH = 20;

export type Place = readonly (string | null)[];

/** What was seen at one place, for people. */
export interface Observation {
  /** `a.b[]`, empty for the value as a whole. */
  readonly path: string;
  /** The same by name, since names may have dots in them; `null` stands for the items of an array. */
  readonly place: Place;
  /** Its names are too many to tell apart, and what is below is not told. */
  readonly isMap: boolean;
  readonly schema: string;
  /** Values at this place, of so many that could have had one. */
  readonly seen: number;
  readonly of: number;
  readonly types: Readonly<Record<string, number>>;
  /** The largest share of events, by the rule of three at 95 %, that may be otherwise and was not met. */
  readonly unseenShare: number;
}

export interface Inferred {
  readonly schema: JsonSchema;
  readonly observations: readonly Observation[];
}

/**
 * A draft of the schema of `properties` that were seen. It takes all of them. What was always there is required, names
 * that did not come are closed out, a text that has few values, none of them new for long, is an enum.
 */
export function inferSchema(values: Iterable<unknown>): Inferred {
  const seen = createSeen(telling);
  for (const value of values) observe(seen, value, formats);
  return { schema: toSchema(seen), observations: describe(seen, [], seen.count) };
}

function toSchema(seen: Seen): Record<string, unknown> {
  const types = [...seen.types.keys()].filter((type) => type !== "integer" || !seen.types.has("number"));
  if (types.length === 0) return {};
  const type = types.length === 1 ? types[0] : types.sort();
  return {
    type,
    ...(types.includes("string") && textKeywords(seen, types)),
    ...(isCount(seen) && { minimum: 0 }),
    ...(types.includes("array") && seen.items && seen.items.count > 0 && { items: toSchema(seen.items) }),
    ...(types.includes("object") && objectKeywords(seen)),
  };
}

function textKeywords(seen: Seen, types: readonly string[]): Record<string, unknown> {
  const format = seen.textCount > 0 ? seen.formats[0] : undefined;
  if (format) return { format };
  const isAlone = types.every((type) => type === "string" || type === "null");
  return isAlone && isEnum(seen) ? { enum: [...(seen.texts ?? []), ...(types.includes("null") ? [null] : [])] } : {};
}

/** Each came ten times on average, and in the second half none was new. */
function isEnum({ texts, textCount, lastNewText }: Seen): boolean {
  return texts !== undefined && textCount >= ENOUGH && textCount >= texts.size * 10 && lastNewText <= textCount / 2;
}

function isCount({ types, negative }: Seen): boolean {
  const numbers = types.get("integer") ?? 0;
  return !types.has("number") && numbers >= 5 * ENOUGH && !negative;
}

function objectKeywords(seen: Seen): Record<string, unknown> {
  const objects = seen.types.get("object") ?? 0;
  if (seen.isMap) return { additionalProperties: true };
  const members = [...seen.members];
  const required = members.filter(([, member]) => member.count === objects).map(([name]) => name);
  return {
    properties: Object.fromEntries(members.map(([name, member]) => [name, toSchema(member)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function describe(seen: Seen, place: Place, of: number): Observation[] {
  const { type, format, enum: values, minimum } = toSchema(seen);
  const parts = [type, format, values].filter((part) => part !== undefined).map((part) => JSON.stringify(part));
  if (minimum !== undefined) parts.push(`from ${minimum}`);
  const own: Observation = {
    ...{ path: writePlace(place), place, isMap: seen.isMap, schema: parts.join(" ") },
    ...{ seen: seen.count, of, types: Object.fromEntries(seen.types) },
    unseenShare: Math.min(1, 3 / Math.max(1, of)),
  };
  const objects = seen.types.get("object") ?? 0;
  const members = seen.isMap ? [] : [...seen.members];
  return [
    own,
    ...members.flatMap(([name, member]) => describe(member, [...place, name], objects)),
    ...(seen.items ? describe(seen.items, [...place, null], seen.items.count) : []),
  ];
}

export function writePlace(place: Place): string {
  return place.reduce<string>(
    (path, part) => (part === null ? `${path}[]` : path === "" ? part : `${path}.${part}`),
    "",
  );
}
