import type { Budget } from "./budget.ts";
import { isEqual } from "./canonical.ts";
import { isAnnotation, schemaKeywords } from "./keywords.ts";
import {
  childOf,
  childrenOf,
  idOf,
  isObjectNode,
  type Node,
  namedChildrenOf,
  type ObjectNode,
  resolveRef,
} from "./node.ts";

/**
 * Whether two schemas say the same word for word, annotations apart, with what their references lead to. Then they
 * take the same values, whatever it is that they say.
 */
export function isSame(a: Node, b: Node, budget: Budget): boolean {
  return compare(a, b, { seen: new Set(), budget });
}

interface Walk {
  /** Pairs that are being compared, or were: one that differs ends the whole walk. */
  readonly seen: Set<string>;
  readonly budget: Budget;
}

function compare(a: Node, b: Node, walk: Walk): boolean {
  if (!isObjectNode(a) || !isObjectNode(b)) return a.schema === b.schema;
  const pair = `${idOf(a)} ${idOf(b)}`;
  if (walk.seen.has(pair)) return true;
  walk.seen.add(pair);
  const [namesA, namesB] = [namesOf(a), namesOf(b)];
  return (
    walk.budget.spend() &&
    namesA.length === namesB.length &&
    namesA.every((keyword) => Object.hasOwn(b.schema, keyword) && compareKeyword(keyword, a, b, walk))
  );
}

function namesOf({ schema, pointer }: ObjectNode): string[] {
  return Object.keys(schema).filter((keyword) => !isAnnotation(keyword, pointer));
}

function compareKeyword(keyword: string, a: ObjectNode, b: ObjectNode, walk: Walk): boolean {
  if (keyword === "$ref") return compareRefs(a, b, walk);
  // Where they lead is not known here.
  if (keyword === "$id" || keyword.startsWith("$dynamic")) return false;
  const kind = schemaKeywords[keyword];
  if (!kind) return isEqual(a.schema[keyword], b.schema[keyword]);
  const [inA, inB] = [membersOf(kind, keyword, a), membersOf(kind, keyword, b)];
  return (
    inA.size === inB.size &&
    [...inA].every(([name, child]) => {
      const other = inB.get(name);
      return other !== undefined && compare(child, other, walk);
    })
  );
}

function compareRefs(a: ObjectNode, b: ObjectNode, walk: Walk): boolean {
  const [toA, toB] = [resolveRef(a), resolveRef(b)];
  return toA !== undefined && toB !== undefined && compare(toA, toB, walk);
}

function membersOf(kind: "one" | "list" | "named", keyword: string, node: ObjectNode): Map<string | number, Node> {
  if (kind === "named") return new Map(namedChildrenOf(node, keyword));
  const children = kind === "list" ? childrenOf(node, keyword) : [childOf(node, keyword)].flatMap((one) => one ?? []);
  return new Map(children.map((child, index) => [index, child]));
}
