import type { CountTable, Hour } from "./event-counts.ts";

/**
 * What has become of accepted events, in the order in which documents hold the counts. Accepted is their sum at all
 * times: what happens to an event later moves it from one of them to another.
 */
export const outcomeNames = ["stored", "duplicate", "quarantined", "discarded", "expired", "erased"] as const;

export type OutcomeName = (typeof outcomeNames)[number];

/** Counts by the place of their names in {@link outcomeNames}. Those that are not there are 0. */
export type OutcomeCounts = readonly [stored: number, duplicate: number, quarantined: number, ...later: number[]];

/** An hour of receipt and its outcomes, as documents hold them. */
export type OutcomeRow = readonly [hour: Hour, ...OutcomeCounts];

/** What a document adds to an account: counts by event time, outcomes by receipt. */
export interface Added {
  readonly counts?: CountTable;
  readonly outcomes?: readonly OutcomeRow[];
}

export const NO_OUTCOMES: OutcomeCounts = [0, 0, 0];

/** The one place where outcomes are added up. What is added may be negative: it moves events between outcomes. */
export function addOutcomes(a: OutcomeCounts = NO_OUTCOMES, b: OutcomeCounts = NO_OUTCOMES): OutcomeCounts {
  const [stored, duplicate, quarantined] = [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
  const later = Array.from({ length: Math.max(a.length, b.length) - 3 }, (_, i) => (a[i + 3] ?? 0) + (b[i + 3] ?? 0));
  return [stored, duplicate, quarantined, ...later];
}

export function sumOfOutcomes(counts: OutcomeCounts): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** By name: the first three always, the others where they are not 0. */
export type OutcomesByName = Readonly<Record<"stored" | "duplicate" | "quarantined", number>> &
  Readonly<Partial<Record<OutcomeName, number>>>;

export function nameOutcomes(counts: OutcomeCounts): OutcomesByName {
  const [stored, duplicate, quarantined, ...later] = counts;
  const named = later.map((count, i) => [outcomeNames[i + 3], count] as const).filter(([, count]) => count !== 0);
  return { stored, duplicate, quarantined, ...Object.fromEntries(named) };
}
