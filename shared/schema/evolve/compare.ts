import type { JsonSchema } from "../json-schema.ts";
import { type Budget, createBudget } from "./budget.ts";
import { isImpossible } from "./is-impossible.ts";
import { isSame } from "./is-same.ts";
import { isAnnotation } from "./keywords.ts";
import { idOf, isObjectNode, type Node, type ObjectNode } from "./node.ts";
import { type Compare, type Finding, finding, type Rules } from "./rule.ts";
import type { View } from "./values.ts";
import { casesOf } from "./view.ts";

/** Two schemas of 64 KB take some thousand. */
const MOST_STEPS = 50_000;
const DEEPEST = 100;

/**
 * What of `strict` refuses something that fits `loose`. What it does not find is not there: where it cannot tell, it
 * finds something. The other way round it may find what does no harm.
 */
export function compareSchemas(loose: Named, strict: Named, rules: Rules): readonly Finding[] {
  const [from, to] = [loose, strict].map((document) => ({ schema: document.root, document, pointer: "" })) as [
    Node,
    Node,
  ];
  const walk: Walk = {
    rules,
    budget: createBudget(MOST_STEPS),
    under: new Map(),
    loose: loose.name,
    strict: strict.name,
  };
  return createCompare(walk, 0).below({ all: [from] }, to);
}

interface Named {
  readonly root: JsonSchema;
  readonly name: string;
}

interface Walk {
  readonly rules: Rules;
  readonly budget: Budget;
  /** Pairs that are being compared, with how deep in the value. */
  readonly under: Map<string, number>;
  readonly loose: string;
  readonly strict: string;
}

/** @param depth of the value that is looked at, within the whole one */
function createCompare(walk: Walk, depth: number): Compare {
  const { budget, loose, strict } = walk;
  const compare: Compare = {
    loose,
    strict,
    budget,
    within: (view, node) => compareView(view, node, walk, compare, depth),
    beside: (parts, node) => dropRepeated(casesOf(parts, budget).flatMap((view) => compareCase(view, node, compare))),
    below: (parts, node) => createCompare(walk, depth + 1).beside(parts, node),
    isSame: (a, b) => isSame(a, b, budget),
    isDisjoint: (view, node) =>
      casesOf({ all: [...view.nodes, node] }, budget, view.atoms).every((one) =>
        isImpossible({ ...one, ...(view.values && { values: view.values }) }, budget),
      ),
    isImpossible: (parts) => casesOf(parts, budget).every((view) => isImpossible(view, budget)),
  };
  return compare;
}

/** What refuses a case that cannot come refuses nothing. */
function compareCase(view: View, node: Node, { within, budget }: Compare): readonly Finding[] {
  const findings = within(view, node);
  return findings.length > 0 && isImpossible(view, budget) ? [] : findings;
}

function compareView(view: View, node: Node, walk: Walk, compare: Compare, depth: number): readonly Finding[] {
  if (node.schema === true) return [];
  if (!isObjectNode(node)) return [finding("forbidden", node, [], `${walk.strict} takes nothing here`)];
  if (view.nodes.some((one) => compare.isSame(one, node))) return [];
  if (!walk.budget.spend() || depth > DEEPEST) return [tooLarge(node)];
  const pair = keyOf(view, node);
  const begun = walk.under.get(pair);
  // Met again further down in the value, it holds there when it holds here. At the same place it leads nowhere.
  if (begun !== undefined) return begun < depth ? [] : [finding("undecided", node, [], "the schema refers to itself")];
  walk.under.set(pair, depth);
  try {
    return Object.keys(node.schema).flatMap((keyword) => compareKeyword(view, node, keyword, walk.rules, compare));
  } finally {
    walk.under.delete(pair);
  }
}

function compareKeyword(
  view: View,
  node: ObjectNode,
  keyword: string,
  rules: Rules,
  compare: Compare,
): readonly Finding[] {
  if (isAnnotation(keyword, node.pointer)) return [];
  const rule = Object.hasOwn(rules, keyword) ? rules[keyword] : undefined;
  if (!rule) return [finding("undecided", node, [keyword], `what \`${keyword}\` asks for is not decided`)];
  if (rule.of && !rule.of.some((atom) => view.atoms.has(atom))) return [];
  return rule.find(view, node, compare, keyword);
}

function tooLarge(node: Node): Finding {
  return finding("undecided", node, [], "the schemas are too large to compare here");
}

function keyOf(view: View, node: Node): string {
  const values = view.values ? JSON.stringify(view.values) : "";
  return [...view.nodes.map(idOf).sort(), [...view.atoms].sort().join(), values, idOf(node)].join("\n");
}

function dropRepeated(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [`${one.kind} ${one.pointer}`, one])).values()];
}
