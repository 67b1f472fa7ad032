import type { JsonSchema } from "../json-schema.ts";

/** A schema where it stands in its document. A `$ref` in it counts from the root of that document. */
export interface Node {
  readonly schema: unknown;
  readonly document: Document;
  /** RFC 6901, from the root of the document. */
  readonly pointer: string;
}

export interface Document {
  readonly root: JsonSchema;
  /** What messages call it: "the newer schema". */
  readonly name: string;
}

export type ObjectNode = Node & { readonly schema: JsonSchema };

export function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): JsonSchema {
  return isRecord(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isObjectNode(node: Node): node is ObjectNode {
  return isRecord(node.schema);
}

/** Unique among the nodes of both documents. */
export function idOf({ document, pointer }: Node): string {
  return `${document.name}#${pointer}`;
}

const escapeName = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
const unescapeName = (name: string): string => name.replaceAll("~1", "/").replaceAll("~0", "~");

export function pointerTo({ pointer }: Node, ...path: readonly (string | number)[]): string {
  return [pointer, ...path.map((name) => escapeName(String(name)))].join("/");
}

/** What is under own names alone: a property may be called `constructor`. Undefined where nothing is. */
export function childOf(node: Node, ...path: readonly (string | number)[]): Node | undefined {
  let schema = node.schema;
  for (const name of path) {
    if (typeof schema !== "object" || schema === null || !Object.hasOwn(schema, name)) return undefined;
    schema = (schema as Record<string, unknown>)[name];
  }
  return { schema, document: node.document, pointer: pointerTo(node, ...path) };
}

/** The schemas of a list such as `allOf`. */
export function childrenOf(node: ObjectNode, keyword: string): Node[] {
  return listOf(node.schema[keyword]).flatMap((_, index) => childOf(node, keyword, index) ?? []);
}

/** The schemas of an object such as `properties`, by name. */
export function namedChildrenOf(node: ObjectNode, keyword: string): [name: string, child: Node][] {
  return Object.keys(recordOf(node.schema[keyword])).flatMap((name) => {
    const child = childOf(node, keyword, name);
    return child ? [[name, child] as [string, Node]] : [];
  });
}

/** Where a `$ref` by JSON pointer leads. Undefined for all other references: to an anchor, or out of the document. */
export function resolveRef({ document, schema }: ObjectNode): Node | undefined {
  const { $ref } = schema;
  if (typeof $ref !== "string" || !/^#(\/|$)/.test($ref)) return undefined;
  const root = { schema: document.root, document, pointer: "" };
  try {
    const path = decodeURIComponent($ref.slice(1)).split("/").slice(1).map(unescapeName);
    return childOf(root, ...path);
  } catch {
    // A percent sign that escapes nothing.
    return undefined;
  }
}
