import { type Atom, atomOf } from "./atoms.ts";
import { canonical } from "./canonical.ts";
import { listOf, type ObjectNode } from "./node.ts";

/**
 * What is known of a value: it fits each of these schemas, is of one of these kinds, and, where `values` is there, is
 * one of these. It may know less than is true, so that what follows from it does follow.
 */
export interface View {
  readonly nodes: readonly ObjectNode[];
  readonly atoms: ReadonlySet<Atom>;
  readonly values?: readonly unknown[];
}

/** All values that may come, where they can be counted up. */
export function valuesOf(view: View): readonly unknown[] | undefined {
  const lists = [...(view.values ? [view.values] : []), ...view.nodes.flatMap(namedValues), ...smallKinds(view)];
  const [first, ...others] = lists;
  const known = others.map((list) => new Set(list.map(canonical)));
  return first?.filter(
    (value) => view.atoms.has(atomOf(value)) && known.every((values) => values.has(canonical(value))),
  );
}

function namedValues({ schema }: ObjectNode): (readonly unknown[])[] {
  const values = Object.hasOwn(schema, "enum") ? [listOf(schema.enum)] : [];
  return Object.hasOwn(schema, "const") ? [...values, [schema.const]] : values;
}

function smallKinds({ atoms }: View): unknown[][] {
  const isSmall = [...atoms].every((atom) => atom === "null" || atom === "boolean");
  return isSmall ? [[null, true, false].filter((value) => atoms.has(atomOf(value)))] : [];
}
