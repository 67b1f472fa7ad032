import { listOf } from "./node.ts";

/** Kinds of JSON values. A `number` is either of the last two. */
export const atoms = ["null", "boolean", "object", "array", "string", "integer", "fraction"] as const;
export type Atom = (typeof atoms)[number];

export function atomOf(value: unknown): Atom {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "fraction";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "string" ? "string" : "object";
}

/** Of the keyword `type`. */
export function atomsOfType(type: unknown): ReadonlySet<Atom> {
  if (type === undefined) return new Set(atoms);
  const names = typeof type === "string" ? [type] : listOf(type);
  return new Set(names.flatMap((name) => (name === "number" ? ["integer", "fraction"] : [name])) as Atom[]);
}
