import { hasInPlace } from "./keywords.ts";
import { childOf, listOf, type Node, namedChildrenOf, type ObjectNode, recordOf } from "./node.ts";
import type { View } from "./values.ts";
import type { Parts } from "./view.ts";

/** What all members fit that no other keyword names: of two keywords the one that counts. Undefined: anything. */
export function restOf(node: ObjectNode): Node | undefined {
  const additional = childOf(node, "additionalProperties");
  if (additional || hasInPlace(node.schema)) return additional;
  return childOf(node, "unevaluatedProperties");
}

export function namesOf(view: View): Set<string> {
  return new Set(view.nodes.flatMap(({ schema }) => Object.keys(recordOf(schema.properties))));
}

export function requiredOf(view: View): Set<string> {
  return new Set(view.nodes.flatMap(({ schema }) => listOf(schema.required).map(String)));
}

/**
 * What the member of this name fits; without a name, one that no schema names. No pattern is run here: whether one
 * matches is left open, so that the member fits one of the schemas of the patterns or that of the rest.
 *
 * @param unmatched patterns that the name is known not to match
 */
export function memberOf(view: View, name?: string, unmatched: ReadonlySet<string> = new Set()): Parts {
  const all: Node[] = [];
  const choices: Node[][] = [];
  for (const node of view.nodes) {
    const own = name === undefined ? undefined : childOf(node, "properties", name);
    if (own) all.push(own);
    else addRest(node, unmatched, all, choices);
  }
  return { all, choices };
}

function addRest(node: ObjectNode, unmatched: ReadonlySet<string>, all: Node[], choices: Node[][]): void {
  const patterns = namedChildrenOf(node, "patternProperties").filter(([pattern]) => !unmatched.has(pattern));
  const rest = restOf(node);
  // Anything goes for what matches none.
  if (!rest) return;
  if (patterns.length === 0) all.push(rest);
  else choices.push([...patterns.map(([, child]) => child), rest]);
}
