import { randomUUID } from "node:crypto";
import { addTable, type EventCounts, type Hour, spanOf, toTable } from "./event-counts.ts";
import type { Delta, Head, Part } from "./head.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { type Added, addOutcomes, type OutcomeCounts, type OutcomeRow } from "./outcome-counts.ts";

/** What these add up to, always in the same order. */
export function sumUp(documents: readonly Added[]): Required<Added> {
  const counts: EventCounts = new Map();
  const outcomes = new Map<Hour, OutcomeCounts>();
  for (const document of documents) {
    if (document.counts) addTable(counts, document.counts);
    for (const [hour, ...counted] of document.outcomes ?? [])
      outcomes.set(hour, addOutcomes(outcomes.get(hour), counted));
  }
  const rows = [...outcomes].sort(([a], [b]) => a - b).map(([hour, counted]): OutcomeRow => [hour, ...counted]);
  return { counts: toTable(counts), outcomes: rows };
}

/** What an entry adds to the account. */
export function addedBy({ counts, outcomes, received_hour }: LedgerEntry): Required<Added> {
  return { counts, outcomes: [[received_hour, ...outcomes]] };
}

/** The delta of entries of one slot that are created together. */
export function makeDelta(orgId: string, slot: string, entries: readonly LedgerEntry[]): Delta {
  const of = entries.map(({ id }) => id);
  return { id: `d.${randomUUID()}`, org_id: orgId, slot, kind: "delta", of, ...sumUp(entries.map(addedBy)) };
}

/** A head that has taken up nothing yet, after `n` parts that hold `m` entries. */
export function emptyHead(orgId: string, slot: string, n = 0, m = 0): Head {
  const nothing = { ...sumUp([]), first_hour: null, last_hour: null };
  return { id: "head", org_id: orgId, slot, kind: "head", n, m, ...nothing };
}

export function addDeltas(head: Head, deltas: readonly Delta[]): Head {
  const sums = sumUp([head, ...deltas]);
  const span = spanOf(sums.counts);
  const m = deltas.reduce((sum, { of }) => sum + of.length, head.m);
  return { ...head, m, ...sums, first_hour: span?.first ?? null, last_hour: span?.last ?? null };
}

/** The part that a head becomes. */
export function sealHead({ org_id, slot, n, counts, outcomes, first_hour, last_hour }: Head): Part {
  return { id: `part.${n}`, org_id, slot, kind: "part", counts, outcomes, first_hour, last_hour };
}
