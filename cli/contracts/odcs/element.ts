import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../../shared/schema/evolve/node.ts";

type Json = Record<string, unknown>;

/** A property, an item or an object of the Open Data Contract Standard. */
export type Element = Json;

/** The custom property that has what of a JSON Schema the standard has no place for. It goes before all else. */
export const REST = "jsonSchema";

const NUMBERS = ["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"];

/** Keywords that are options of a logical type, by the same name. */
const options: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern", "format"],
  integer: NUMBERS,
  number: NUMBERS,
  object: ["minProperties", "maxProperties"],
  array: ["minItems", "maxItems", "uniqueItems"],
};

/** Texts that the standard has a type of their own for. */
const times: Readonly<Record<string, string>> = { "date-time": "timestamp", date: "date", time: "time" };
const formats = Object.fromEntries(Object.entries(times).map(([format, type]) => [type, format]));

const logicalTypes = ["string", "integer", "number", "object", "array", "boolean"];

/** Keywords that an element has by another name. An object of the top level has no place for all of them. */
const words = { title: "businessName", description: "description", examples: "examples" } as const;

/**
 * A JSON Schema as an element. What reading it would not give back as it was stands in {@link REST}, so that nothing is
 * lost, whatever it is.
 *
 * @param isTop an object of the top level, whose description is that of its version, and which has no options
 */
export function toElement(schema: unknown, isTop = false): Element {
  if (!isRecord(schema)) return { customProperties: [{ property: REST, value: schema }] };
  const element = { ...describe(schema, isTop), ...typeOf(schema, isTop), ...valuesOf(schema) };
  const shaped = { ...element, ...membersOf(schema, isTop ? "object" : element.logicalType) };
  const read = recordOf(readElement(shaped, isTop));
  const isFaithful = Object.keys(read).every((keyword) => Object.hasOwn(schema, keyword));
  if (!isFaithful) return { customProperties: [{ property: REST, value: schema }] };
  const rest = Object.entries(schema).filter(([keyword, value]) => !isDeepStrictEqual(read[keyword], value));
  if (rest.length === 0) return shaped;
  return { ...shaped, customProperties: [{ property: REST, value: Object.fromEntries(rest) }] };
}

const recordOf = (value: unknown): Json => (isRecord(value) ? value : {});

function describe(schema: Json, isTop: boolean): Element {
  const { title, description, examples } = schema;
  return {
    ...(typeof title === "string" && { [words.title]: title }),
    ...(typeof description === "string" && !isTop && { description }),
    ...(Array.isArray(examples) && !isTop && { examples }),
  };
}

function typeOf(schema: Json, isTop: boolean): { logicalType?: string; logicalTypeOptions?: Json } {
  const { type, format } = schema;
  // Whether it may be null is not among the logical types: then the type stands in the rest too.
  const types = (Array.isArray(type) ? type : [type]).filter((one) => one !== "null");
  const [only] = types;
  if (types.length !== 1 || typeof only !== "string" || !logicalTypes.includes(only)) return {};
  if (isTop) return only === "object" ? { logicalType: only } : {};
  if (only === "string" && typeof format === "string" && Object.hasOwn(times, format))
    return { logicalType: times[format] ?? only };
  const own = (options[only] ?? []).filter((keyword) => isOption(keyword, schema[keyword]));
  const chosen = Object.fromEntries(own.map((keyword) => [keyword, schema[keyword]]));
  return { logicalType: only, ...(own.length > 0 && { logicalTypeOptions: chosen }) };
}

function isOption(keyword: string, value: unknown): boolean {
  if (keyword === "pattern" || keyword === "format") return typeof value === "string";
  return keyword === "uniqueItems" ? typeof value === "boolean" : typeof value === "number";
}

function valuesOf({ enum: values }: Json): Element {
  if (!Array.isArray(values)) return {};
  return { quality: [{ metric: "invalidValues", arguments: { validValues: values }, mustBe: 0 }] };
}

function membersOf(schema: Json, logicalType: string | undefined): Element {
  const { properties, items } = schema;
  const isMaybe = (type: string): boolean => logicalType === undefined || logicalType === type;
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const members =
    isRecord(properties) &&
    Object.entries(properties).map(([name, member]) => ({
      name,
      ...(required.has(name) && { required: true }),
      ...toElement(member),
    }));
  return {
    ...(members && isMaybe("object") && { properties: members }),
    ...((isRecord(items) || typeof items === "boolean") && isMaybe("array") && { items: toElement(items) }),
  };
}

/** The JSON Schema of an element. Of one that was not written by {@link toElement}, what can be said in JSON Schema. */
export function readElement(element: Element, isTop = false): unknown {
  const rest = customOf(element, REST);
  if (rest !== undefined && !isRecord(rest)) return rest;
  const { businessName, description, examples, logicalType } = element;
  const mapped: Json = {
    ...(typeof businessName === "string" && { title: businessName }),
    ...(typeof description === "string" && !isTop && { description }),
    ...(Array.isArray(examples) && { examples }),
    ...readType(logicalType, recordOf(element.logicalTypeOptions)),
    ...readValues(element),
    ...readMembers(element),
  };
  if (rest === undefined) return mapped;
  return { ...mapped, ...rest, ...mergeRequired(mapped.required, rest.required, mapped.properties) };
}

function readType(logicalType: unknown, own: Json): Json {
  if (typeof logicalType !== "string") return {};
  const format = formats[logicalType];
  if (format !== undefined) return { type: "string", format };
  const type = logicalTypes.includes(logicalType) ? { type: logicalType } : {};
  return {
    ...type,
    ...Object.fromEntries((options[logicalType] ?? []).flatMap((keyword) => readOption(keyword, own))),
  };
}

/** Until 3.0 an exclusive bound was a yes or no beside the bound. */
function readOption(keyword: string, own: Json): [string, unknown][] {
  const value = own[keyword];
  const bound = { exclusiveMaximum: "maximum", exclusiveMinimum: "minimum" }[keyword];
  if (bound !== undefined && value === true) return [[keyword, own[bound]]];
  const opposite = { maximum: "exclusiveMaximum", minimum: "exclusiveMinimum" }[keyword];
  if (opposite !== undefined && own[opposite] === true) return [];
  return isOption(keyword, value) ? [[keyword, value]] : [];
}

/** The values of an `invalidValues` of which there must be none. */
export function validValuesOf(check: unknown): readonly unknown[] | undefined {
  const { metric, mustBe, arguments: given } = recordOf(check);
  const { validValues } = recordOf(given);
  return metric === "invalidValues" && mustBe === 0 && Array.isArray(validValues) ? validValues : undefined;
}

function readValues({ quality }: Element): Json {
  const values = (Array.isArray(quality) ? quality : []).map(validValuesOf).find((one) => one !== undefined);
  return values === undefined ? {} : { enum: values };
}

function readMembers({ properties, items }: Element): Json {
  const members = (Array.isArray(properties) ? properties : []).filter(isRecord);
  const required = members.filter((member) => member.required === true).map(({ name }) => String(name));
  return {
    ...(Array.isArray(properties) && {
      properties: Object.fromEntries(members.map((member) => [String(member.name), readElement(member)])),
    }),
    ...(required.length > 0 && { required }),
    ...(isRecord(items) && { items: readElement(items) }),
  };
}

/** Each property says whether it is required; the rest says their order, and names those without a schema. */
function mergeRequired(marked: unknown, listed: unknown, properties: unknown): Json {
  if (!Array.isArray(listed)) return {};
  const marks: unknown[] = Array.isArray(marked) ? marked : [];
  const isLeft = (name: unknown): boolean => marks.includes(name) || !Object.hasOwn(recordOf(properties), String(name));
  const names = listed.filter(isLeft);
  return { required: [...names, ...marks.filter((name) => !names.includes(name))] };
}

/** The value of a custom property. */
export function customOf({ customProperties }: Element, name: string): unknown {
  const all = (Array.isArray(customProperties) ? customProperties : []).map(recordOf);
  return all.find(({ property }) => property === name)?.value;
}
