import { atomOf, atomsOfType } from "./atoms.ts";
import { canonical, isEqual } from "./canonical.ts";
import { atomsOfMeasure, isWithinLower, isWithinUpper, type Measure, measuredKeywords, rangeOf } from "./facts.ts";
import { listOf, type ObjectNode } from "./node.ts";
import { type Compare, type Finding, finding, type Rule, type Rules, show } from "./rule.ts";
import { type View, valuesOf } from "./values.ts";

const type: Rule = {
  find: (view, node, { strict, loose }) => {
    const taken = atomsOfType(node.schema.type);
    const refused = [...view.atoms].filter((atom) => !taken.has(atom));
    if (refused.length === 0) return [];
    // A schema without `type` takes all kinds: naming them would hide what happened.
    const names = refused.length > 4 ? "other types" : refused.map((atom) => namesOfAtoms[atom] ?? atom).join(", ");
    return [
      finding(
        "type_narrowed",
        node,
        ["type"],
        `${strict} takes ${show(node.schema.type)} only; ${loose} takes ${names} too`,
      ),
    ];
  },
};
const namesOfAtoms: Readonly<Record<string, string>> = { fraction: "numbers that are not whole" };

const oneOfValues: Rule = {
  find: (view, node, { strict, loose }, keyword) => {
    const taken = keyword === "const" ? [node.schema.const] : listOf(node.schema.enum);
    const known = new Set(taken.map(canonical));
    const values = valuesOf(view);
    const refused = values?.filter((value) => !known.has(canonical(value)));
    if (refused?.length === 0) return [];
    const names = refused ? refused.slice(0, 10).map(show).join(", ") : "other values";
    return [finding("enum_shortened", node, [keyword], `${strict} does not take ${names}, which ${loose} takes`)];
  },
};

type Side = "lower" | "upper";

function bound(kind: Measure, side: Side, open = false): Rule {
  return {
    of: atomsOfMeasure[kind],
    find: (view, node, { strict, loose }, keyword) => {
      const limit = { value: Number(node.schema[keyword]), open };
      const range = rangeOf(view, kind);
      if (!range || (side === "lower" ? isWithinLower(range.lower, limit) : isWithinUpper(range.upper, limit)))
        return [];
      const text = `${strict} has "${keyword}": ${limit.value}, and ${loose} takes ${side === "lower" ? "less" : "more"}`;
      return [finding("bounds_tightened", node, [keyword], text)];
    },
  };
}

function boundsOf(kind: Measure): Rules {
  const { least, most } = measuredKeywords[kind];
  return { [least]: bound(kind, "lower"), [most]: bound(kind, "upper") };
}

/** Holds where the same stands in the other schema. What implies what is not tried to find out. */
function sameValue(of: Rule["of"], describe: (view: View, node: ObjectNode, compare: Compare) => Finding): Rule {
  return {
    ...(of && { of }),
    find: (view, node, compare, keyword) => {
      if (view.nodes.some(({ schema }) => isEqual(schema[keyword] ?? null, node.schema[keyword]))) return [];
      const values = valuesOf(view);
      if (of && values?.every((value) => !of.includes(atomOf(value)))) return [];
      return [describe(view, node, compare)];
    },
  };
}

const hasKeyword = (view: View, keyword: string): boolean =>
  view.nodes.some(({ schema }) => Object.hasOwn(schema, keyword));

const pattern = sameValue(["string"], (view, node, { strict, loose }) => {
  const where = `${strict} has the pattern ${show(node.schema.pattern)}`;
  return hasKeyword(view, "pattern")
    ? finding(
        "undecided",
        node,
        ["pattern"],
        `${where}, ${loose} another: whether one takes all of the other is not decided`,
      )
    : finding("constraint_added", node, ["pattern"], `${where}, ${loose} has none`);
});

const format = sameValue(["string"], (_, node, { strict, loose }) =>
  finding(
    "format_added",
    node,
    ["format"],
    `${strict} has the format ${show(node.schema.format)}, which ${loose} does not have`,
  ),
);

/** Equal ones alone: by division in floating point, a multiple of 10 need not be one of 5. */
const multipleOf = sameValue(["integer", "fraction"], (_, node, { strict, loose }) =>
  finding(
    "bounds_tightened",
    node,
    ["multipleOf"],
    `${strict} takes multiples of ${show(node.schema.multipleOf)} only; ${loose} takes others`,
  ),
);

export const rulesOfValues: Rules = {
  type,
  enum: oneOfValues,
  const: oneOfValues,
  ...boundsOf("number"),
  exclusiveMinimum: bound("number", "lower", true),
  exclusiveMaximum: bound("number", "upper", true),
  ...boundsOf("string"),
  ...boundsOf("array"),
  ...boundsOf("object"),
  pattern,
  format,
  multipleOf,
};
