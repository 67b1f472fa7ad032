import {
  childOf,
  childrenOf,
  isObjectNode,
  type Node,
  namedChildrenOf,
  type ObjectNode,
  resolveRef,
} from "../../shared/schema/evolve/node.ts";
import type { Contract } from "./contract-files.ts";

/**
 * The TypeScript of `Events`, which `createClient<Events>()` of `@headrace/sdk` takes: for each type the properties of
 * the version that events without `schema_version` are held against, the oldest active one. What TypeScript cannot say
 * (lengths, patterns, bounds) is left out, so that all that fits the schema fits the type.
 */
export function writeTypes(contracts: readonly Contract[]): string {
  const members = contracts.flatMap(({ event_type, description, versions }) => {
    const version = versions.find(({ status }) => status === "active");
    if (!version) return [];
    const root = { schema: version.schema, document: { root: version.schema, name: event_type }, pointer: "" };
    const text = writeType(root, "  ", []);
    const about = description.replaceAll("*/", "* /").replaceAll(/\s+/g, " ");
    const words = `Version ${version.version}.${about ? ` ${about}` : ""}`;
    return [`  /** ${words} */\n  ${writeName(event_type)}: ${text};\n`];
  });
  return `// Written by \`npx headrace contracts types\` from the contracts of this folder: change those.\n\nexport interface Events {\n${members.join("")}}\n`;
}

function writeName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** @param under pointers of the references that are being followed: where one comes again, anything goes */
function writeType(node: Node, indent: string, under: readonly string[]): string {
  if (node.schema === false) return "never";
  if (!isObjectNode(node)) return "unknown";
  const { enum: listed } = node.schema;
  if ("const" in node.schema) return writeValue(node.schema.const);
  if (Array.isArray(listed)) return listed.map(writeValue).join(" | ");
  const parts = [
    writeReference(node, indent, under),
    ...writeBranches(node, indent, under),
    writeOwn(node, indent, under),
  ];
  const said = parts.filter((part) => part !== undefined && part !== "unknown");
  return said.length > 1 ? said.map((part) => `(${part})`).join(" & ") : (said[0] ?? "unknown");
}

function writeValue(value: unknown): string {
  return typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value);
}

function writeReference(node: ObjectNode, indent: string, under: readonly string[]): string | undefined {
  const target = resolveRef(node);
  if (!target || under.includes(target.pointer)) return undefined;
  return writeType(target, indent, [...under, target.pointer]);
}

function writeBranches(node: ObjectNode, indent: string, under: readonly string[]): string[] {
  const all = childrenOf(node, "allOf").map((child) => writeType(child, indent, under));
  const some = ["anyOf", "oneOf"].map((keyword) =>
    childrenOf(node, keyword).map((child) => writeType(child, indent, under)),
  );
  return [
    ...all,
    ...some.filter((list) => list.length > 0).map((list) => (list.includes("unknown") ? "unknown" : list.join(" | "))),
  ];
}

const scalars: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

function writeOwn(node: ObjectNode, indent: string, under: readonly string[]): string {
  const { type } = node.schema;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  // Of `properties`, which are an object whatever the schema says.
  if (types.length === 0)
    return node.pointer === "" && node.schema.properties ? writeObject(node, indent, under) : "unknown";
  return [...new Set(types.map((one) => writeOfType(String(one), node, indent, under)))].join(" | ");
}

function writeOfType(type: string, node: ObjectNode, indent: string, under: readonly string[]): string {
  if (type === "object") return writeObject(node, indent, under);
  if (type !== "array") return scalars[type] ?? "unknown";
  const items = childOf(node, "items");
  const isPlain = items && !node.schema.prefixItems;
  return `readonly (${isPlain ? writeType(items, indent, under) : "unknown"})[]`;
}

function writeObject(node: ObjectNode, indent: string, under: readonly string[]): string {
  const required = new Set(Array.isArray(node.schema.required) ? node.schema.required.map(String) : []);
  const inner = `${indent}  `;
  const own = namedChildrenOf(node, "properties");
  const named = own.map(([name, child]) => {
    const mark = required.has(name) ? "" : "?";
    return `${inner}readonly ${writeName(name)}${mark}: ${writeType(child, inner, under)};\n`;
  });
  const others = [...required].filter((name) => !own.some(([known]) => known === name));
  const more = others.map((name) => `${inner}readonly ${writeName(name)}: unknown;\n`);
  const isClosed = node.schema.additionalProperties === false && !node.schema.patternProperties;
  const open = isClosed ? "" : `${inner}readonly [name: string]: unknown;\n`;
  const lines = [...named, ...more, open].join("");
  return lines === "" ? "Readonly<Record<string, never>>" : `{\n${lines}${indent}}`;
}
