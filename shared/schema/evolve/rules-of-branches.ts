import { atomOf } from "./atoms.ts";
import { childOf, childrenOf, type Node, type ObjectNode, resolveRef } from "./node.ts";
import { type Compare, type Finding, finding, type Rule, type Rules, show } from "./rule.ts";
import { type View, valuesOf } from "./values.ts";

const $ref: Rule = {
  find: (view, node, { within }) => {
    const target = resolveRef(node);
    if (target) return within(view, target);
    return [finding("undecided", node, ["$ref"], `where ${show(node.schema.$ref)} leads is not known`)];
  },
};

const allOf: Rule = {
  find: (view, node, { within }) => childrenOf(node, "allOf").flatMap((child) => within(view, child)),
};

/** The view in parts that differ in kind, or, where they can be counted up, value by value. */
function partsOf(view: View): View[] {
  const values = valuesOf(view);
  if (values && values.length <= 64)
    return values.map((value) => ({ ...view, values: [value], atoms: new Set([atomOf(value)]) }));
  return [...view.atoms].map((atom) => ({ ...view, atoms: new Set([atom]) }));
}

type Fits = (part: View, branch: Node, branches: readonly Node[]) => boolean;

function someOf(keyword: "anyOf" | "oneOf", fitsOf: (compare: Compare) => Fits): Rule {
  return {
    find: (view, node, compare) => {
      const branches = childrenOf(node, keyword);
      const fits = fitsOf(compare);
      const isTaken = (part: View): boolean => branches.some((branch) => fits(part, branch, branches));
      if (isTaken(view) || partsOf(view).every(isTaken)) return [];
      return [explain(view, node, keyword, branches, compare)];
    },
  };
}

function explain(
  view: View,
  node: ObjectNode,
  keyword: string,
  branches: readonly Node[],
  { within, strict, loose }: Compare,
): Finding {
  const tried = branches.map((branch) => within(view, branch)).sort((a, b) => a.length - b.length);
  const [nearest] = tried;
  if (nearest?.length === 0) {
    const text = `whether just one branch of \`${keyword}\` fits all that ${loose} takes is not decided`;
    return finding("undecided", node, [keyword], text);
  }
  const reason = nearest?.[0] ? `; nearest: ${nearest[0].message} (${nearest[0].pointer})` : "";
  return finding(
    "branch_removed",
    node,
    [keyword],
    `no branch of \`${keyword}\` in ${strict} takes all that ${loose} takes${reason}`,
  );
}

const anyOf = someOf(
  "anyOf",
  ({ within }) =>
    (part, branch) =>
      within(part, branch).length === 0,
);

const oneOf = someOf(
  "oneOf",
  ({ within, isDisjoint }) =>
    (part, branch, branches) =>
      within(part, branch).length === 0 && branches.every((other) => other === branch || isDisjoint(part, other)),
);

const not: Rule = {
  find: (view, node, { isSame, isDisjoint }) => {
    const refused = childOf(node, "not");
    if (!refused || isDisjoint(view, refused)) return [];
    if (view.nodes.some((one) => isSameAt(one, node, ["not"], isSame))) return [];
    return [finding("undecided", node, ["not"], "what `not` refuses is not decided")];
  },
};

function isSameAt(a: ObjectNode, b: ObjectNode, keywords: readonly string[], isSame: Compare["isSame"]): boolean {
  return keywords.every((keyword) => {
    const [inA, inB] = [childOf(a, keyword), childOf(b, keyword)];
    return inA && inB ? isSame(inA, inB) : inA === inB;
  });
}

const condition: Rule = {
  find: (view, node, { isSame }) => {
    if (view.nodes.some((one) => isSameAt(one, node, ["if", "then", "else"], isSame))) return [];
    return [finding("undecided", node, ["if"], "what `if` asks for is not decided")];
  },
};

/** Without an `if` they mean nothing. */
const nothing: Rule = { find: () => [] };

export const rulesOfBranches: Rules = {
  $ref,
  allOf,
  anyOf,
  oneOf,
  not,
  if: condition,
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
  then: nothing,
  else: nothing,
};
