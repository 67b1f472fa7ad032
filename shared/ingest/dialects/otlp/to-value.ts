import { isJsonObject, type JsonObject } from "../../../event/event.ts";

/** The kinds of `AnyValue`, of which a value has one. */
const kinds: Readonly<Record<string, (value: unknown) => unknown>> = {
  stringValue: (value) => value,
  boolValue: (value) => value,
  intValue: toInteger,
  doubleValue: (value) => value,
  bytesValue: (value) => value,
  arrayValue: (value) => listOf(value).map(toValue),
  kvlistValue: (value) => toObject(listOf(value)),
};

/** An `AnyValue` as JSON. What is none, or has more than one kind, stays as it is. */
export function toValue(any: unknown): unknown {
  if (!isJsonObject(any)) return any;
  const names = Object.keys(any);
  if (names.length === 0) return null;
  const [name = ""] = names;
  return names.length === 1 && Object.hasOwn(kinds, name) ? kinds[name]?.(any[name]) : any;
}

/** Attributes as an object. Where a key comes again, or it is no list of them, it stays as it is. */
export function toObject(attributes: unknown): unknown {
  if (!Array.isArray(attributes)) return attributes;
  const entries: [string, unknown][] = [];
  for (const attribute of attributes as readonly unknown[]) {
    if (!isJsonObject(attribute) || typeof attribute.key !== "string" || Object.keys(attribute).length > 2)
      return attributes;
    entries.push([attribute.key, toValue(attribute.value ?? {})]);
  }
  const object: JsonObject = Object.fromEntries(entries);
  return Object.keys(object).length === entries.length ? object : attributes;
}

function listOf(value: unknown): readonly unknown[] {
  if (isJsonObject(value) && Array.isArray(value.values)) return value.values;
  return Array.isArray(value) ? value : [];
}

/** 64 bits as digits, which a double may not have. */
function toInteger(value: unknown): unknown {
  const number = Number(value);
  return typeof value === "string" && Number.isSafeInteger(number) && String(number) === value ? number : value;
}
