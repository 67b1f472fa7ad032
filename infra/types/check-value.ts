import { isObject, join, type Properties, UNKNOWN } from "../plan/engine/values.ts";
import { asMap, gives, isReadOnly, membersOf, objectFor } from "./members.ts";
import type { ArrayType, AzureType, IntegerType, PublishedType, StringType } from "./published.ts";

export type FindingKind =
  | "unknown"
  | "missing"
  | "read-only"
  | "enum"
  | "range"
  | "pattern"
  | "length"
  | "type"
  | "secret";

/** What is wrong with one input. */
export interface Finding {
  readonly kind: FindingKind;
  /** azure-native's: `siteConfig.minTlsVersion`. */
  readonly path: string;
  readonly message: string;
}

/** Holds a value against a published type, all of it. What a preview does not know is not held against anything. */
export function checkValue(type: AzureType, value: unknown, path: string, published: PublishedType): Finding[] {
  if (value === UNKNOWN || value === null || value === undefined) return [];
  switch (type.$type) {
    case "AnyType":
      return [];
    case "BooleanType":
      return typeof value === "boolean" ? [] : wrongType(path, "true or false");
    case "StringLiteralType":
      return value === type.value ? [] : notAmong(path, value, [type.value]);
    case "StringType":
      return checkString(type, value, path);
    case "IntegerType":
      return checkNumber(type, value, path);
    case "ArrayType":
      return checkArray(type, value, path, published);
    case "UnionType":
      return checkUnion(type.elements.map(published.at), value, path, published);
    default:
      return isObject(value) ? checkObject(type, value, path, published) : wrongType(path, "an object");
  }
}

function checkObject(type: AzureType, value: Properties, path: string, published: PublishedType): Finding[] {
  const object = objectFor(type, value, published);
  if (object === undefined)
    return notAmong(path, value, type.$type === "DiscriminatedObjectType" ? Object.keys(type.elements) : []);
  const members = membersOf(object, value, published);
  const found = Object.entries(value).flatMap(([name, item]): Finding[] => {
    const at = join(path, name);
    const member = members.find(name);
    if (item === undefined || item === null) return [];
    if (member === undefined) {
      if (members.additional) return checkValue(published.at(members.additional), item, at, published);
      return [{ kind: "unknown", path: at, message: `${object.name} has no such property` }];
    }
    if (isReadOnly(member)) return [{ kind: "read-only", path: at, message: "Azure sets it" }];
    return checkValue(published.at(member.type), asMap(name, item), at, published);
  });
  const missing = members.required.filter((name) => !gives(value, name));
  return [
    ...found,
    ...missing.map(
      (name): Finding => ({ kind: "missing", path: join(path, name), message: `${object.name} needs it` }),
    ),
  ];
}

function checkString(
  { minLength = 0, maxLength = Infinity, pattern, sensitive }: StringType,
  value: unknown,
  path: string,
): Finding[] {
  if (typeof value !== "string") return wrongType(path, "text");
  const findings: Finding[] = [];
  if (value.length < minLength || value.length > maxLength)
    findings.push({
      kind: "length",
      path,
      message: `"${value}" has ${value.length} characters, not ${minLength} to ${maxLength}`,
    });
  if (pattern !== undefined && !new RegExp(pattern).test(value))
    findings.push({ kind: "pattern", path, message: `"${value}" is not like ${pattern}` });
  if (sensitive) findings.push({ kind: "secret", path, message: "Azure takes a secret here" });
  return findings;
}

function checkNumber(
  { minValue = -Infinity, maxValue = Infinity }: IntegerType,
  value: unknown,
  path: string,
): Finding[] {
  if (typeof value !== "number") return wrongType(path, "a number");
  if (value >= minValue && value <= maxValue) return [];
  return [{ kind: "range", path, message: `${value} is not within ${minValue} to ${maxValue}` }];
}

function checkArray(type: ArrayType, value: unknown, path: string, published: PublishedType): Finding[] {
  if (!Array.isArray(value)) return wrongType(path, "a list");
  const { minLength = 0, maxLength = Infinity } = type;
  const findings: Finding[] = value.flatMap((item, index) =>
    checkValue(published.at(type.itemType), item, join(path, index), published),
  );
  if (value.length < minLength || value.length > maxLength)
    findings.push({ kind: "length", path, message: `has ${value.length} entries, not ${minLength} to ${maxLength}` });
  return findings;
}

/**
 * An enum stays one where Azure says that values may be added: a value that nobody published is a slip, or belongs
 * into the exceptions.
 */
function checkUnion(elements: readonly AzureType[], value: unknown, path: string, published: PublishedType): Finding[] {
  const literals = elements.flatMap((element) => (element.$type === "StringLiteralType" ? [element.value] : []));
  if (typeof value === "string" && literals.length > 0)
    return literals.includes(value) ? [] : notAmong(path, value, literals);
  const tried = elements.map((element) => checkValue(element, value, path, published));
  return tried.find((findings) => findings.length === 0) ?? tried[0] ?? [];
}

function wrongType(path: string, wanted: string): Finding[] {
  return [{ kind: "type", path, message: `must be ${wanted}` }];
}

function notAmong(path: string, value: unknown, known: readonly string[]): Finding[] {
  return [{ kind: "enum", path, message: `${JSON.stringify(value)} is none of ${known.join(", ")}` }];
}
