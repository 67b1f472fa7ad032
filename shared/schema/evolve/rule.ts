import type { Atom } from "./atoms.ts";
import type { Budget } from "./budget.ts";
import { canonical } from "./canonical.ts";
import type { Kind } from "./kinds.ts";
import { type Node, type ObjectNode, pointerTo } from "./node.ts";
import type { View } from "./values.ts";
import type { Parts } from "./view.ts";

/** A difference, as seen from the schema that refuses. */
export interface Finding {
  readonly kind: Kind;
  readonly pointer: string;
  readonly message: string;
}

export interface Compare {
  /** What messages call the schema that must take what fits `loose`. */
  readonly strict: string;
  readonly loose: string;
  readonly budget: Budget;
  /** What of a schema refuses something that fits the view; nothing when all of it is taken. */
  within(view: View, node: Node): readonly Finding[];
  /** The same for a part of the value: a member, an item, a name. */
  below(parts: Parts, node: Node): readonly Finding[];
  /** The same for what more is known of the value itself. */
  beside(parts: Parts, node: Node): readonly Finding[];
  isSame(a: Node, b: Node): boolean;
  /** Whether surely nothing fits both. */
  isDisjoint(view: View, node: Node): boolean;
  isImpossible(parts: Parts): boolean;
}

/** What one keyword of the schema that must take everything asks for. */
export interface Rule {
  /** The kinds of values that the keyword speaks of. Default: all. */
  readonly of?: readonly Atom[];
  find(view: View, node: ObjectNode, compare: Compare, keyword: string): readonly Finding[];
}

export type Rules = Readonly<Record<string, Rule>>;

export function finding(kind: Kind, node: Node, path: readonly (string | number)[], message: string): Finding {
  return { kind, pointer: pointerTo(node, ...path), message };
}

/** A value as messages have it: what tenants write may be long. */
export function show(value: unknown): string {
  const text = canonical(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
