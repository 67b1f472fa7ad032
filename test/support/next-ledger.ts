import { addTable, type EventCounts, type Hour, spanOf, toTable } from "../../shared/ledger/event-counts.ts";
import type { Delta, Head, Part } from "../../shared/ledger/head.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { Added, Versioned } from "../../shared/ledger/ledger-store.ts";
import { addOutcomes, type OutcomeCounts } from "../../shared/ledger/outcome-counts.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";

/*
 * How 0.7.0 writes the ledger, for what reads it already: entries with a delta in one transaction, and merges that move
 * deltas into a head.
 */

/** Entries of one slot and what they add: all of it is created, or nothing is. */
export interface EntryStep {
  readonly orgId: string;
  readonly slot: string;
  readonly entries: readonly LedgerEntry[];
  readonly delta: Delta | undefined;
}

/** One step of a merge: everything in it happens or nothing does. */
export interface DeltaStep {
  readonly orgId: string;
  readonly slot: string;
  /** With the ETag that it was read with, or without one where none may exist yet. */
  readonly head: Head;
  readonly etag: string | undefined;
  readonly part: Part | undefined;
  /** Ids; each must be there. */
  readonly deltas: readonly string[];
}

/** What 0.7.0 asks of the store beside what this release does. */
export interface NextLedger {
  createEntries(step: EntryStep): Promise<WriteResult>;
  readHead(orgId: string, slot: string): Promise<Versioned<Head> | undefined>;
  findDeltas(orgId: string, slot: string): Promise<Delta[]>;
  mergeDeltas(step: DeltaStep): Promise<boolean>;
}

function sumUp(documents: readonly Added[]): Required<Added> {
  const counts: EventCounts = new Map();
  const outcomes = new Map<Hour, OutcomeCounts>();
  for (const document of documents) {
    if (document.counts) addTable(counts, document.counts);
    for (const [hour, ...counted] of document.outcomes ?? [])
      outcomes.set(hour, addOutcomes(outcomes.get(hour), counted));
  }
  return { counts: toTable(counts), outcomes: [...outcomes].map(([hour, counted]) => [hour, ...counted] as const) };
}

/** The entry as 0.7.0 has it. */
export function toNextEntry(entry: LedgerEntry): LedgerEntry {
  const { open: _, first_hour: _first, last_hour: _last, ...rest } = entry;
  return rest as LedgerEntry;
}

/** Closes the account of an envelope. */
export function settleNext(store: NextLedger, entry: LedgerEntry): Promise<WriteResult> {
  const { id, org_id, slot, counts, outcomes, received_hour } = entry;
  const sums = sumUp([{ counts, outcomes: [[received_hour, ...outcomes]] }]);
  const delta: Delta = { id: `d.${crypto.randomUUID()}`, org_id, slot, kind: "delta", of: [id], ...sums };
  return store.createEntries({ orgId: org_id, slot, entries: [toNextEntry(entry)], delta });
}

/** Takes deltas of a slot up, at most `limit` of them. */
export async function mergeNext(
  store: NextLedger,
  { orgId, slot }: { readonly orgId: string; readonly slot: string },
  limit: number,
  sealedBytes: number,
): Promise<void> {
  // The head is read before the deltas: a merge of them in between changes its ETag.
  const head = await store.readHead(orgId, slot);
  const deltas = (await store.findDeltas(orgId, slot)).slice(0, limit);
  if (deltas.length === 0) return;
  await store.mergeDeltas(stepOf(orgId, slot, head, deltas, sealedBytes));
}

function stepOf(
  orgId: string,
  slot: string,
  found: Versioned<Head> | undefined,
  deltas: readonly Delta[],
  sealedBytes: number,
): DeltaStep {
  const nothing = { ...sumUp([]), first_hour: null, last_hour: null };
  const empty: Head = { id: "head", org_id: orgId, slot, kind: "head", n: 0, m: 0, ...nothing };
  const current = found?.value ?? empty;
  const isFull = Buffer.byteLength(JSON.stringify(current)) > sealedBytes;
  const base = isFull ? { ...empty, n: current.n + 1, m: current.m } : current;
  const sums = sumUp([base, ...deltas]);
  const span = spanOf(sums.counts);
  const m = deltas.reduce((sum, { of }) => sum + of.length, current.m);
  const { counts, outcomes, first_hour, last_hour, n } = current;
  const part: Part = { id: `part.${n}`, org_id: orgId, slot, kind: "part", counts, outcomes, first_hour, last_hour };
  return {
    orgId,
    slot,
    head: { ...base, m, ...sums, first_hour: span?.first ?? null, last_hour: span?.last ?? null },
    etag: found?.etag,
    part: isFull ? part : undefined,
    deltas: deltas.map(({ id }) => id),
  };
}
