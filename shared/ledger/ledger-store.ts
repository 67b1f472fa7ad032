import type { Formatted } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { Hour } from "./event-counts.ts";
import type { Delta, Head, Part } from "./head.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { Added } from "./outcome-counts.ts";
import type { Rollup } from "./rollup.ts";

/**
 * The part of an org's account that is asked for: by the time of the events, or by the time of receipt. Bounds are
 * hours, `to` exclusive.
 */
export type AccountRange =
  | { readonly by: "event"; readonly from: Hour; readonly to: Hour }
  | { readonly by: "receipt"; readonly from: Hour; readonly to: Hour };

/** What is read of an org's account: a range of all slots, or one slot whole. */
export interface AccountScope {
  readonly orgId: string;
  readonly range: AccountRange;
  readonly slot?: string;
}

/** A document that holds sums: a rollup, a head or a part. */
export interface SumListed extends Formatted {
  readonly slot: string;
  readonly id: string;
  readonly kind: "rollup" | "head" | "part";
  /** Of a rollup. */
  readonly sealed?: boolean;
  /** Of a head: how many parts there are. */
  readonly n?: number;
  readonly _etag: string;
  /** Rows of its counts, where these are asked for. */
  readonly rows?: number;
}

export type SumRead = SumListed & Added;

/** What no sum holds yet: an entry of releases up to 0.6.0, or a delta. */
export interface OpenRead extends Formatted, Added {
  readonly slot: string;
  readonly id: string;
  readonly kind: "entry" | "delta";
}

/** Takes the rows of a page. */
export type TakePage<T> = (rows: readonly T[]) => void;

export interface Versioned<T> {
  readonly value: T;
  readonly etag: string;
}

export interface Slot {
  readonly orgId: string;
  readonly slot: string;
}

/** One step of a merge of entries of releases up to 0.6.0: everything in it happens or nothing does. */
export interface MergeStep extends Slot {
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

/** Entries of one slot and what they add: all of it is created, or nothing is. */
export interface EntryStep extends Slot {
  readonly entries: readonly LedgerEntry[];
  readonly delta: Delta;
}

/** One step of a merge of deltas: everything in it happens or nothing does. */
export interface DeltaStep extends Slot {
  /** The head to write: with the ETag that it was read with, or without one where none may exist yet. */
  readonly head: Head;
  readonly etag: string | undefined;
  /** What the head was, if it goes on empty. */
  readonly part?: Part;
  /** Ids of the deltas to delete. Each must be there. */
  readonly deltas: readonly string[];
}

/**
 * The account of each org. Methods throw AppError `store_unavailable` when the store does not answer. What they return
 * may be of a newer release (`v`): nobody counts with it.
 */
export interface LedgerStore {
  /** Conflicts when an entry is there already. */
  createEntries(step: EntryStep): Promise<WriteResult>;
  readEntry(orgId: string, slot: string, receiptId: string): Promise<LedgerEntry | undefined>;
  /**
   * The same, and sees what any instance has written before this call. `readEntry` may be behind other instances,
   * though never behind what this one has written or read.
   */
  readLatestEntry(orgId: string, slot: string, receiptId: string): Promise<LedgerEntry | undefined>;
  /** At most so many slots, at random from those of all orgs that have open entries. */
  findOpenSlots(limit: number): Promise<Slot[]>;
  /** The rollup of a slot that is not sealed, and the highest number of any rollup of it. */
  readActiveRollup(orgId: string, slot: string): Promise<Versioned<Rollup> | undefined>;
  findOpenEntries(orgId: string, slot: string, limit: number): Promise<Versioned<LedgerEntry>[]>;
  /** False when anything in it had changed since it was read. */
  merge(step: MergeStep): Promise<boolean>;
  /**
   * The slots of all orgs that have deltas, page by page, each read when it is asked for. With `before`, a day
   * (`2026-11-22`), only those of earlier days.
   */
  findDeltaSlots(before?: string): AsyncIterable<readonly Slot[]>;
  readHead(orgId: string, slot: string): Promise<Versioned<Head> | undefined>;
  findDeltas(orgId: string, slot: string, limit: number): Promise<Delta[]>;
  /** False when someone else has taken up one of these deltas, or any others, since the head was read. */
  mergeDeltas(step: DeltaStep): Promise<boolean>;
  /** The sums of a scope without what is in them, page by page. */
  listSums(scope: AccountScope, take: TakePage<SumListed>): Promise<void>;
  /** The sums of a scope, page by page. Each is as it was when its page was read. */
  readSums(scope: AccountScope, take: TakePage<SumRead>): Promise<void>;
  /** Open entries and deltas of a scope, page by page. By event time, deltas of all of the org's slots. */
  readOpen(scope: AccountScope, take: TakePage<OpenRead>): Promise<void>;
}
