import { hasInPlace } from "./keywords.ts";
import { childOf, listOf, type Node, namedChildrenOf, type ObjectNode, recordOf } from "./node.ts";
import { memberOf, namesOf, requiredOf, restOf } from "./objects.ts";
import { type Compare, type Finding, finding, type Rule, type Rules, show } from "./rule.ts";
import type { View } from "./values.ts";

const of = ["object"] as const;

const properties: Rule = {
  of,
  find: (view, node, compare) => {
    const named = namesOf(view);
    return namedChildrenOf(node, "properties").flatMap(([name, child]) => {
      const findings = compare.below(memberOf(view, name), child);
      if (findings.length === 0 || named.has(name)) return findings;
      const text = `${compare.strict} says what "${name}" is; ${compare.loose} does not name it and takes anything there`;
      return [finding("property_typed", child, [], text)];
    });
  },
};

/** What the schema says of the members that none of its own keywords names. */
function compareRest(view: View, node: ObjectNode, rest: Node, compare: Compare): readonly Finding[] {
  const own = recordOf(node.schema.properties);
  const unmatched = new Set(Object.keys(recordOf(node.schema.patternProperties)));
  const names = [...namesOf(view)].filter((name) => !Object.hasOwn(own, name));
  const { strict, loose } = compare;
  const named = names.flatMap((name) => {
    const findings = compare.below(memberOf(view, name, unmatched), rest);
    const [place = rest] = view.nodes.flatMap((one) => childOf(one, "properties", name) ?? []);
    if (rest.schema !== false || findings.length === 0) return findings;
    if (unmatched.size > 0) {
      return [
        finding("undecided", place, [], `whether "${name}" matches a pattern for names in ${strict} is not decided`),
      ];
    }
    return [finding("field_removed", place, [], `${strict} does not take "${name}", which ${loose} has`)];
  });
  const others = compare.below(memberOf(view, undefined, unmatched), rest);
  if (rest.schema !== false || others.length === 0) return [...named, ...others];
  return [...named, finding("additional_closed", rest, [], `${strict} takes no other properties; ${loose} does`)];
}

const additionalProperties: Rule = {
  of,
  find: (view, node, compare) => {
    const rest = childOf(node, "additionalProperties");
    return rest ? compareRest(view, node, rest, compare) : [];
  },
};

const unevaluatedProperties: Rule = {
  of,
  find: (view, node, compare) => {
    if (childOf(node, "additionalProperties")) return [];
    const rest = restOf(node);
    if (rest && !hasInPlace(node.schema)) return compareRest(view, node, rest, compare);
    return [
      finding("undecided", node, ["unevaluatedProperties"], "what `unevaluatedProperties` leaves is not decided"),
    ];
  },
};

/** Which names a pattern matches is not looked at: all of them may. */
const patternProperties: Rule = {
  of,
  find: (view, node, compare) =>
    namedChildrenOf(node, "patternProperties").flatMap(([pattern, child]) => {
      const same = view.nodes.flatMap((one) => childOf(one, "patternProperties", pattern) ?? []);
      if (same.length > 0) return compare.below({ all: same }, child);
      const members = [...[...namesOf(view)].map((name) => memberOf(view, name)), memberOf(view)];
      if (members.every((member) => compare.below(member, child).length === 0)) return [];
      const text = `${compare.strict} has the pattern ${show(pattern)} for names: whether ${compare.loose} has properties that it refuses is not decided`;
      return [finding("undecided", child, [], text)];
    }),
};

const propertyNames: Rule = {
  of,
  find: (view, node, compare) => {
    const names = childOf(node, "propertyNames");
    if (!names) return [];
    const said = view.nodes.flatMap((one) => childOf(one, "propertyNames") ?? []);
    return compare.below({ all: [nameNode(node, view, compare), ...said] }, names);
  },
};

/** A schema of the names that may come: those that are named, where no others may stand. */
function nameNode({ document, pointer }: ObjectNode, view: View, { isImpossible }: Compare): Node {
  const isClosed = isImpossible(memberOf(view));
  const schema = isClosed ? { enum: [...namesOf(view)] } : { type: "string" };
  return { schema, document, pointer: `${pointer}/propertyNames (of what comes)` };
}

const required: Rule = {
  of,
  find: (view, node, { strict, loose }) => {
    const known = requiredOf(view);
    return listOf(node.schema.required).flatMap((name, index) =>
      known.has(String(name))
        ? []
        : [finding("required_added", node, ["required", index], `${strict} requires ${show(name)}; ${loose} does not`)],
    );
  },
};

/** Names that come with another one, by `required` or beside it. */
function companionsOf(view: View, name: string): Set<string> {
  const lists = view.nodes.map(({ schema }) => listOf(recordOf(schema.dependentRequired)[name]).map(String));
  return new Set([name, ...requiredOf(view), ...lists.flat()]);
}

const dependentRequired: Rule = {
  of,
  find: (view, node, { strict, loose, isImpossible }) =>
    Object.entries(recordOf(node.schema.dependentRequired)).flatMap(([name, needed]) => {
      const known = companionsOf(view, name);
      const missing = listOf(needed).filter((one) => !known.has(String(one)));
      if (missing.length === 0 || isImpossible(memberOf(view, name))) return [];
      const text = `${strict} requires ${missing.map(show).join(", ")} beside ${show(name)}; ${loose} does not`;
      return [finding("required_added", node, ["dependentRequired", name], text)];
    }),
};

const dependentSchemas: Rule = {
  of,
  find: (view, node, { beside, isImpossible }) =>
    namedChildrenOf(node, "dependentSchemas").flatMap(([name, child]) => {
      const said = view.nodes.flatMap((one) => childOf(one, "dependentSchemas", name) ?? []);
      return isImpossible(memberOf(view, name)) ? [] : beside({ all: [...view.nodes, ...said] }, child);
    }),
};

export const rulesOfObjects: Rules = {
  properties,
  additionalProperties,
  unevaluatedProperties,
  patternProperties,
  propertyNames,
  required,
  dependentRequired,
  dependentSchemas,
};
