import { isReadable, readable } from "../store/formats.ts";
import type { Logger } from "../telemetry/log.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import type { LedgerStore, MergeStep, Versioned } from "./ledger-store.ts";
import { addEntries, emptyRollup, type Rollup } from "./rollup.ts";

/** A transactional batch takes 100 operations and 2 MB (Azure Cosmos DB limits): two rollups and these entries. */
const ENTRIES_A_STEP = 98;
/** A rollup past this size in bytes is sealed. */
const SEALED_BYTES = 256 * 1024;
/** The most that entries may add to a rollup in one step; a single one may add more. */
const ADDED_BYTES = 700 * 1024;
/** What is written in one step, with room for what a batch has around it. */
const STEP_BYTES = 1_800_000;
/** Of the patch that marks an entry. */
const MARK_BYTES = 500;
const SLOTS_A_RUN = 2_000;
const SLOTS_AT_ONCE = 8;

export interface MergeOptions {
  readonly now?: () => number;
  /** Size in bytes past which a rollup is sealed; 256 KB. */
  readonly sealedBytes?: number;
}

/**
 * Adds open ledger entries to their slots' rollups. Any number of these may run at once. Each step is one transaction,
 * which fails when something that it read has changed. Then another merge has done the work. Ends early at `until`
 * (ms). Entries and rollups that only a newer release can read are left to it.
 */
export async function mergeEntries(
  store: LedgerStore,
  until: number,
  log: Logger,
  { now = Date.now, sealedBytes = SEALED_BYTES }: MergeOptions = {},
): Promise<number> {
  const slots = await store.findOpenSlots(SLOTS_A_RUN);
  let merged = 0;
  const work = slots.values();
  const worker = async (): Promise<void> => {
    for (const { orgId, slot } of work) {
      if (now() >= until) return;
      try {
        merged += await mergeSlot(store, orgId, slot, until, { now, sealedBytes });
      } catch (error) {
        // One org's throttling is not a reason to leave the others' entries.
        log.warn("a slot of the ledger could not be merged; the next run goes on", { org_id: orgId, slot, error });
      }
    }
  };
  await Promise.all(Array.from({ length: SLOTS_AT_ONCE }, worker));
  return merged;
}

async function mergeSlot(
  store: LedgerStore,
  orgId: string,
  slot: string,
  until: number,
  { now, sealedBytes }: Required<MergeOptions>,
): Promise<number> {
  let merged = 0;
  while (now() < until) {
    // The rollup is read before the entries: a merge of them in between changes its ETag.
    const active = await store.readActiveRollup(orgId, slot);
    const found = await store.findOpenEntries(orgId, slot, ENTRIES_A_STEP);
    const open = found.filter(({ value }) => isReadable("entry", value));
    if (open.length === 0) return merged;
    if (active) readable("rollup", active.value);
    const step = largestStep(orgId, slot, active, takeThatFit(open), sealedBytes);
    // Another instance merges this slot at the moment.
    if (!(await store.merge(step))) return merged;
    merged += step.entries.length;
    if (step.entries.length === open.length && found.length < ENTRIES_A_STEP / 2) return merged;
  }
  return merged;
}

function takeThatFit(entries: readonly Versioned<LedgerEntry>[]): Versioned<LedgerEntry>[] {
  let bytes = 0;
  const taken: Versioned<LedgerEntry>[] = [];
  for (const entry of entries) {
    bytes += Buffer.byteLength(JSON.stringify(entry.value.counts));
    if (taken.length > 0 && bytes > ADDED_BYTES) break;
    taken.push(entry);
  }
  return taken;
}

/**
 * The step with as many of these entries as a batch takes. Where a rollup leaves no room for the first one, it is
 * sealed without any, and the next step begins with an empty rollup, which has room for every entry.
 */
function largestStep(
  orgId: string,
  slot: string,
  active: Versioned<Rollup> | undefined,
  entries: readonly Versioned<LedgerEntry>[],
  sealedBytes = SEALED_BYTES,
): MergeStep {
  const hasRoom = active === undefined || active.value.outcomes.length === 0;
  for (let count = entries.length; count > 0; count = Math.floor(count / 2)) {
    const step = stepOf(orgId, slot, active, entries.slice(0, count), sealedBytes);
    if (bytesOf(step) <= STEP_BYTES || (count === 1 && hasRoom)) return step;
  }
  return stepOf(orgId, slot, active, [], 0);
}

function bytesOf({ rollups, entries }: MergeStep): number {
  return Buffer.byteLength(JSON.stringify(rollups)) + entries.length * MARK_BYTES;
}

/** Exported for the tests of its arithmetic and of the ledger's model. */
export function stepOf(
  orgId: string,
  slot: string,
  active: Versioned<Rollup> | undefined,
  entries: readonly Versioned<LedgerEntry>[],
  sealedBytes = SEALED_BYTES,
): MergeStep {
  const current = active?.value ?? emptyRollup(orgId, slot, 0);
  const full = Buffer.byteLength(JSON.stringify(current)) > sealedBytes;
  const target = full ? emptyRollup(orgId, slot, current.part + 1) : current;
  const next = addEntries(
    target,
    entries.map((entry) => entry.value),
  );
  const sealed = { rollup: { ...current, seq: current.seq + 1, sealed: true }, etag: active?.etag };
  return {
    orgId,
    slot,
    rollups: full ? [sealed, { rollup: next, etag: undefined }] : [{ rollup: next, etag: active?.etag }],
    entries: entries.map(({ value, etag }) => ({ id: value.id, etag, mergedInto: next.id, mergedSeq: next.seq })),
  };
}
