import { AppError } from "../../errors.ts";
import { type CompatibilityRule, checkEvolution } from "../evolve/find-breaks.ts";
import type { JsonSchema } from "../json-schema.ts";
import type { VersionSummary } from "./registry-documents.ts";

/** A difference that breaks the rule of a type. */
export interface BreakView {
  /** The other version, and which way events or readers of one do not fit the other. */
  readonly version: number;
  readonly direction: "backward" | "forward";
  readonly pointer: string;
  readonly kind: string;
  readonly message: string;
}

/** More are not told: whoever mends these sees the next ones. */
const MOST_BREAKS = 100;

/**
 * What a rule has against a version among those that judge: the ones before it, and the next one after it, which is
 * there when a draft becomes active late.
 */
export function findRuleBreaks(
  rule: CompatibilityRule,
  version: number,
  schema: JsonSchema,
  others: readonly VersionSummary[],
): readonly BreakView[] {
  const live = others.flatMap((one) => (one.schema ? { version: one.version, schema: one.schema } : []));
  const earlier = live.filter((one) => one.version < version);
  const next = live.find((one) => one.version > version);
  const after = next ? checkEvolution([{ version, schema }], next.schema, rule) : [];
  const found = [
    ...checkEvolution(earlier, schema, rule),
    ...after.map((one) => ({ ...one, version: next?.version ?? version })),
  ];
  return found.flatMap(({ breaks, ...between }) => breaks.map((one) => ({ ...between, ...one }))).slice(0, MOST_BREAKS);
}

/** Throws AppError `schema_incompatible` that lists the breaks; none for a change that is forced. */
export function refuseBreaks(rule: CompatibilityRule, breaks: readonly BreakView[], forced: boolean): void {
  const [first] = breaks;
  if (!first || forced) return;
  const { version, pointer, message } = first;
  const detail = `the rule is \`${rule}\`, and against version ${version} it is broken at \`${pointer}\`: ${message}`;
  throw new AppError("schema_incompatible", detail, { members: { compatibility: rule, breaks } });
}
