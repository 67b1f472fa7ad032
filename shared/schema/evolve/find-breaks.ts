import type { JsonSchema } from "../json-schema.ts";
import { compareSchemas } from "./compare.ts";
import { nameKind } from "./kinds.ts";
import { allRules } from "./rules.ts";

/** A difference between two schemas that breaks. */
export interface Break {
  /** JSON pointer (RFC 6901) into the schema that refuses; of a field that it does not have, into the other one. */
  readonly pointer: string;
  readonly kind: string;
  readonly message: string;
}

export const compatibilityRules = [
  "none",
  "backward",
  "forward",
  "full",
  "backward_transitive",
  "forward_transitive",
  "full_transitive",
] as const;

export type CompatibilityRule = (typeof compatibilityRules)[number];
export type Direction = "backward" | "forward";

/** More are not told: whoever mends these sees the next ones. */
const MOST_BREAKS = 100;

/**
 * `backward`: whatever fits `older` fits `newer`. `forward`: whatever fits `newer` fits `older`. No break means that it
 * is so. A break need not do harm: what cannot be decided is one, of the kind `undecided`.
 */
export function findBreaks(older: JsonSchema, newer: JsonSchema, direction: Direction): readonly Break[] {
  return findBreaksBy(allRules)(older, newer, direction);
}

/** The same with other rules: tests leave one out. */
export function findBreaksBy(rules: typeof allRules): typeof findBreaks {
  return (older, newer, direction) => {
    const [before, after] = [
      { root: older, name: "the older schema" },
      { root: newer, name: "the newer schema" },
    ];
    const findings =
      direction === "backward" ? compareSchemas(before, after, rules) : compareSchemas(after, before, rules);
    return findings.slice(0, MOST_BREAKS).map((one) => ({ ...one, kind: nameKind(one.kind, direction) }));
  };
}

export interface VersionBreaks {
  readonly version: number;
  readonly direction: Direction;
  readonly breaks: readonly Break[];
}

/**
 * What a rule has against a newer schema; empty when it may be registered.
 *
 * @param versions those that are there, the oldest first. Without `_transitive` the last of them alone counts.
 */
export function checkEvolution(
  versions: readonly { readonly version: number; readonly schema: JsonSchema }[],
  newer: JsonSchema,
  rule: CompatibilityRule,
): VersionBreaks[] {
  const [word] = rule.split("_");
  const directions = (["backward", "forward"] as const).filter((direction) => word === direction || word === "full");
  const looked = rule.endsWith("_transitive") ? versions : versions.slice(-1);
  return looked.flatMap(({ version, schema }) =>
    directions
      .map((direction) => ({ version, direction, breaks: findBreaks(schema, newer, direction) }))
      .filter(({ breaks }) => breaks.length > 0),
  );
}
