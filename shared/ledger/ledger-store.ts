import type { Formatted } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { Hour } from "./event-counts.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { Rollup } from "./rollup.ts";

/**
 * The part of an org's account that is asked for: by the time of the events, or by the time of receipt. Bounds are
 * hours, `to` exclusive.
 */
export type AccountRange =
  | { readonly by: "event"; readonly from: Hour; readonly to: Hour }
  | { readonly by: "receipt"; readonly from: Hour; readonly to: Hour };

export interface RollupVersion extends Formatted {
  readonly slot: string;
  readonly id: string;
  readonly seq: number;
}

export interface Versioned<T> {
  readonly value: T;
  readonly etag: string;
}

/** One step of a merge: everything in it happens or nothing does. */
export interface MergeStep {
  readonly orgId: string;
  readonly slot: string;
  /** Rollups to write: with the ETag that they were read with, or without one where none may exist yet. */
  readonly rollups: readonly { readonly rollup: Rollup; readonly etag: string | undefined }[];
  /** Entries to mark as merged, with the ETags that they were read with. */
  readonly entries: readonly {
    readonly id: string;
    readonly etag: string;
    readonly mergedInto: string;
    readonly mergedSeq: number;
  }[];
}

/**
 * The account of each org. Methods throw AppError `store_unavailable` when the store does not answer. What they return
 * may be of a newer release (`v`): nobody counts with it.
 */
export interface LedgerStore {
  /** Conflicts when the entry is there already. */
  createEntry(entry: LedgerEntry): Promise<WriteResult>;
  readEntry(orgId: string, slot: string, receiptId: string): Promise<LedgerEntry | undefined>;
  /**
   * The same, and sees what any instance has written before this call. `readEntry` may be behind other instances,
   * though never behind what this one has written or read.
   */
  readLatestEntry(orgId: string, slot: string, receiptId: string): Promise<LedgerEntry | undefined>;
  /** Slots of any org that have open entries; at most `limit`. */
  findOpenSlots(limit: number): Promise<{ readonly orgId: string; readonly slot: string }[]>;
  /** The rollup of a slot that is not sealed, and the highest number of any rollup of it. */
  readActiveRollup(orgId: string, slot: string): Promise<Versioned<Rollup> | undefined>;
  findOpenEntries(orgId: string, slot: string, limit: number): Promise<Versioned<LedgerEntry>[]>;
  /** False when anything in it had changed since it was read. */
  merge(step: MergeStep): Promise<boolean>;
  findRollups(orgId: string, range: AccountRange): Promise<Rollup[]>;
  findRollupVersions(orgId: string, range: AccountRange): Promise<RollupVersion[]>;
  /** Entries of the range that no rollup holds yet. */
  findOpenEntriesInRange(orgId: string, range: AccountRange): Promise<LedgerEntry[]>;
  /** Entries that this rollup took up after its change number `seq`. */
  findMergedSince(orgId: string, slot: string, rollupId: string, seq: number): Promise<LedgerEntry[]>;
}
