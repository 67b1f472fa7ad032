import type { JsonObject } from "../../event/event.ts";
import { pointTo } from "../json-schema.ts";
import { compileArray, compileUnevaluatedItems } from "./compile-arrays.ts";
import { compileLogic } from "./compile-logic.ts";
import { compileObject, compileUnevaluatedProperties } from "./compile-objects.ts";
import { compileEnum, compileNumber, compileText } from "./compile-values.ts";
import type { MatchPattern } from "./pattern/match-pattern.ts";
import { type Check, fail, MASKED, Seen, spend } from "./run.ts";
import type { SchemaNode } from "./survey-schema.ts";

export interface NodeDeps {
  /** The check of the schema at a pointer: those within the node are there already. */
  readonly at: (pointer: string) => Check;
  /** The check of what a reference names, which may not be there yet. */
  readonly refer: (reference: string) => Check;
  readonly matcherOf: (pattern: string) => MatchPattern;
}

/** The kinds of values that checks are chosen by. */
type Kind = "number" | "text" | "array" | "object" | "other";

function kindOf(value: unknown): Kind {
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  if (typeof value !== "object" || value === null) return "other";
  return Array.isArray(value) ? "array" : "object";
}

/** The check of one schema, without those within it. */
export function compileNode(node: SchemaNode, pointer: string, deps: NodeDeps): Check {
  if (typeof node === "boolean") return node ? fits : fitsNot;
  const checkOf = (...path: (string | number)[]): Check =>
    path[0] === "$ref" ? deps.refer(String(node.$ref)) : deps.at(path.reduce<string>(pointTo, pointer));
  const always = [...compileOwn(node), ...compileLogic(node, checkOf)];
  const checks: Readonly<Record<Kind, readonly Check[]>> = {
    number: [...compileNumber(node), ...always],
    text: [...compileText(node, deps.matcherOf), ...always],
    array: [...compileArray(node, checkOf), ...always],
    object: [...compileObject(node, checkOf, deps.matcherOf), ...always],
    other: always,
  };
  const isType = compileType(node.type);
  const ofRest = compileRest(node, checkOf);
  const check: Check = (value, run, seen) => {
    spend(run, 1);
    if (value === MASKED) return true;
    if (isType && !isType(value, run)) return false;
    for (const one of checks[kindOf(value)]) if (!one(value, run, seen)) return false;
    return true;
  };
  return ofRest.length > 0 ? withRest(check, ofRest) : check;
}

const fits: Check = () => true;
const fitsNot: Check = (value, run) => fail(run, value, "nothing here");

function compileOwn(node: JsonObject): Check[] {
  return [
    ...("enum" in node && Array.isArray(node.enum) ? [compileEnum(node.enum)] : []),
    ...("const" in node ? [compileEnum([node.const])] : []),
  ];
}

/** What looks at what nothing else has looked at. */
function compileRest(node: JsonObject, checkOf: (name: string) => Check): Check[] {
  return [
    ...("unevaluatedItems" in node ? [compileUnevaluatedItems(checkOf("unevaluatedItems"))] : []),
    ...("unevaluatedProperties" in node ? [compileUnevaluatedProperties(checkOf("unevaluatedProperties"))] : []),
  ];
}

/** It sees what is seen within the schema, and not what is seen around it. */
function withRest(check: Check, rest: readonly Check[]): Check {
  return (value, run, seen) => {
    const own = new Seen();
    const isSeen = check(value, run, own) && rest.every((one) => one(value, run, own));
    if (isSeen) seen?.add(own);
    return isSeen;
  };
}

const isOfType: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  string: (value) => typeof value === "string",
  array: Array.isArray,
  object: (value) => kindOf(value) === "object",
};

function compileType(type: unknown): Check | undefined {
  if (type === undefined) return undefined;
  const names: readonly string[] = Array.isArray(type) ? type : [type];
  const expected = names
    .map((name) => (name === "null" ? "null" : `${/^[aio]/.test(name) ? "an" : "a"} ${name}`))
    .join(" or ");
  const [only, ...more] = names.map((name) => isOfType[name] ?? (() => false));
  if (only && more.length === 0) return (value, run) => only(value) || fail(run, value, expected);
  const any = [...(only ? [only] : []), ...more];
  return (value, run) => any.some((is) => is(value)) || fail(run, value, expected);
}
