import { rangeOf } from "./facts.ts";
import { hasInPlace } from "./keywords.ts";
import { childOf, childrenOf, listOf, type Node, type ObjectNode } from "./node.ts";
import { type Compare, type Finding, finding, type Rule, type Rules } from "./rule.ts";
import type { View } from "./values.ts";
import type { Parts } from "./view.ts";

const of = ["array"] as const;

/** What all items fit that `prefixItems` does not name. Undefined: anything. */
function restOf(node: ObjectNode): Node | undefined {
  const items = childOf(node, "items");
  if (items || hasInPlace(node.schema, "contains")) return items;
  return childOf(node, "unevaluatedItems");
}

const prefixLength = ({ schema }: ObjectNode): number => listOf(schema.prefixItems).length;

/** What the item at this place fits. */
function itemAt(view: View, index: number): Parts {
  return { all: view.nodes.flatMap((node) => childOf(node, "prefixItems", index) ?? restOf(node) ?? []) };
}

const longest = (view: View): number => rangeOf(view, "array")?.upper.value ?? 0;

const prefixItems: Rule = {
  of,
  find: (view, node, { below }) =>
    childrenOf(node, "prefixItems").flatMap((child, index) =>
      index < longest(view) ? below(itemAt(view, index), child) : [],
    ),
};

/** The items from the end of the schema's own prefix on. Those behind every prefix are all alike. */
function compareRest(view: View, node: ObjectNode, rest: Node, { below, strict, loose }: Compare): readonly Finding[] {
  const from = prefixLength(node);
  const to = Math.max(from, ...view.nodes.map(prefixLength));
  const places = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((at) => at < longest(view));
  const findings = places.flatMap((at) => below(itemAt(view, at), rest));
  if (rest.schema !== false || findings.length === 0) return findings;
  return [{ ...finding("additional_closed", rest, [], `${strict} takes ${from} items at most; ${loose} takes more`) }];
}

const items: Rule = {
  of,
  find: (view, node, compare) => {
    const rest = childOf(node, "items");
    return rest ? compareRest(view, node, rest, compare) : [];
  },
};

const unevaluatedItems: Rule = {
  of,
  find: (view, node, compare) => {
    if (childOf(node, "items")) return [];
    const rest = restOf(node);
    if (rest) return compareRest(view, node, rest, compare);
    return [finding("undecided", node, ["unevaluatedItems"], "what `unevaluatedItems` leaves is not decided")];
  },
};

const uniqueItems: Rule = {
  of,
  find: (view, node, { strict, loose }) => {
    if (node.schema.uniqueItems !== true || longest(view) <= 1) return [];
    if (view.nodes.some(({ schema }) => schema.uniqueItems === true)) return [];
    return [
      finding(
        "constraint_added",
        node,
        ["uniqueItems"],
        `${strict} refuses an item that comes twice; ${loose} takes it`,
      ),
    ];
  },
};

interface Contained {
  readonly child: Node;
  readonly least: number;
  readonly most: number;
}

function containedOf(node: ObjectNode): Contained[] {
  const { minContains = 1, maxContains = Number.POSITIVE_INFINITY } = node.schema;
  const child = childOf(node, "contains");
  return child ? [{ child, least: Number(minContains), most: Number(maxContains) }] : [];
}

/** How many items fit at most is known where both schemas look for the same. */
function isContained(old: Contained, now: Contained, { below, isSame }: Compare): boolean {
  if (old.least < now.least) return false;
  if (now.most === Number.POSITIVE_INFINITY) return below({ all: [old.child] }, now.child).length === 0;
  return old.most <= now.most && isSame(old.child, now.child);
}

const contains: Rule = {
  of,
  find: (view, node, compare) => {
    const [now] = containedOf(node);
    if (!now || (now.least === 0 && now.most === Number.POSITIVE_INFINITY)) return [];
    if (view.nodes.flatMap(containedOf).some((old) => isContained(old, now, compare))) return [];
    if (!view.nodes.some(({ schema }) => Object.hasOwn(schema, "contains"))) {
      return [
        finding(
          "constraint_added",
          node,
          ["contains"],
          `${compare.strict} looks for items that ${compare.loose} does not ask for`,
        ),
      ];
    }
    return [
      finding("undecided", node, ["contains"], "whether the items that `contains` looks for are there is not decided"),
    ];
  },
};

export const rulesOfLists: Rules = { prefixItems, items, unevaluatedItems, uniqueItems, contains };
