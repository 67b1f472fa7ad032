import {
  childOf,
  childrenOf,
  isObjectNode,
  isRecord,
  type Node,
  namedChildrenOf,
  type ObjectNode,
  resolveRef,
} from "../../shared/schema/evolve/node.ts";
import type { JsonSchema } from "../../shared/schema/json-schema.ts";
import { type Observation, type Place, writePlace } from "./infer-schema.ts";

interface Names {
  readonly unnamed: readonly string[];
  readonly unused: readonly string[];
}

/** What came and a schema does not name, and what it names and did not come, at any depth. */
export function compareNames(schema: JsonSchema, observations: readonly Observation[]): Names {
  const unnamed: Place[] = [];
  const unused: Place[] = [];
  const compare = (nodes: readonly Node[], at: Observation): void => {
    const here = spread(nodes);
    const below = observations.filter(({ place }) => isBelow(place, at.place));
    for (const one of below) {
      const named = follow(here, one.place.at(-1) ?? null);
      if (named === undefined) unnamed.push(one.place);
      else compare(named, one);
    }
    if (at.isMap) return;
    const came = new Set(below.map(({ place }) => place.at(-1)));
    const names = new Set(here.flatMap((node) => namedChildrenOf(node, "properties").map(([name]) => name)));
    unused.push(...[...names].filter((name) => !came.has(name)).map((name) => [...at.place, name]));
  };
  const root = { schema, document: { root: schema, name: "the contract" }, pointer: "" };
  for (const one of observations.filter(({ place }) => place.length === 0)) compare([root], one);
  return { unnamed: unnamed.map(writePlace), unused: unused.map(writePlace) };
}

function isBelow(place: Place, above: Place): boolean {
  return place.length === above.length + 1 && above.every((part, index) => part === place[index]);
}

const branches = ["allOf", "anyOf", "oneOf"];
const conditions = ["if", "then", "else"];

/** A schema with all that speak of the same value: behind references, and of each branch. */
function spread(nodes: readonly Node[]): ObjectNode[] {
  const found = new Map<string, ObjectNode>();
  const visit = (node: Node | undefined): void => {
    if (!node || !isObjectNode(node) || found.has(node.pointer)) return;
    found.set(node.pointer, node);
    visit(resolveRef(node));
    for (const keyword of branches) for (const child of childrenOf(node, keyword)) visit(child);
    for (const keyword of conditions) visit(childOf(node, keyword));
    for (const [, child] of namedChildrenOf(node, "dependentSchemas")) visit(child);
  };
  for (const node of nodes) visit(node);
  return [...found.values()];
}

/** The schemas of a member or of the items (`null`); undefined for a member that none of them names. */
function follow(nodes: readonly ObjectNode[], part: string | null): Node[] | undefined {
  if (part === null)
    return nodes.flatMap((node) => [...childrenOf(node, "prefixItems"), childOf(node, "items") ?? []].flat());
  const named = nodes.flatMap((node) => [childOf(node, "properties", part) ?? [], ...matching(node, part)].flat());
  if (named.length > 0) return named;
  // A schema for all others says what a map has, whatever its names are.
  const rest = nodes
    .flatMap((node) => childOf(node, "additionalProperties") ?? [])
    .filter(({ schema }) => isRecord(schema));
  return rest.length > 0 ? rest : undefined;
}

/** By the pattern as JavaScript has it: a contract is its reader's own file. */
function matching(node: ObjectNode, name: string): Node[] {
  return namedChildrenOf(node, "patternProperties").flatMap(([pattern, child]) =>
    new RegExp(pattern, "u").test(name) ? [child] : [],
  );
}
