import { type Deadline, noDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { isReadable, readable } from "../store/formats.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Delta, Head } from "./head.ts";
import { addDeltas, emptyHead, sealHead } from "./head-sums.ts";
import type { DeltaStep, LedgerStore, Slot, Versioned } from "./ledger-store.ts";

/** A transactional batch takes 100 operations (Azure Cosmos DB limits): a head, a part, these, and one to spare. */
const DELTAS_A_STEP = 97;
/** What deltas may add to a head in one step, in bytes; a single one may add more. */
const ADDED_BYTES = 512 * 1024;
/** A head past this size is sealed. */
const SEALED_BYTES = 8 * 1024;
/** What is written in one step, of the 2 MB that a batch takes, with room for what it has around it. */
const STEP_BYTES = 1_800_000;
/** A slot holds 20 GB, some 20 million entries. */
const MANY_ENTRIES = 5_000_000;

export interface MergeDeltasOptions {
  /** No step begins after it. */
  readonly deadline?: Deadline;
  /** Size of a head in bytes past which it is sealed; 8 KB. */
  readonly sealedBytes?: number;
}

/**
 * Takes the deltas of a slot up into its head, step by step, until there are none that it can read. Any number of these
 * may run at once: each step is one transaction, and fails when someone else did it. Throws AppError
 * `store_unavailable`.
 */
export async function mergeDeltas(
  store: LedgerStore,
  { orgId, slot }: Slot,
  log: Logger,
  { deadline = noDeadline, sealedBytes = SEALED_BYTES }: MergeDeltasOptions = {},
): Promise<void> {
  while (!deadline.isOver()) {
    // The head is read before the deltas: a merge of them in between changes its ETag.
    const head = await store.readHead(orgId, slot);
    if (head) readable("head", head.value);
    const found = await store.findDeltas(orgId, slot, DELTAS_A_STEP);
    const own = found.filter((delta) => isReadable("delta", delta));
    if (own.length === 0) return;
    const step = largestStep({ orgId, slot }, head, takeThatFit(own), sealedBytes);
    if (!(await store.mergeDeltas(step))) return reached("deltas-merged-by-another");
    tellMany(step, log);
    if (step.deltas.length === own.length && found.length < DELTAS_A_STEP) return;
  }
}

function tellMany({ orgId, slot, head: { m } }: DeltaStep, log: Logger): void {
  if (m > MANY_ENTRIES) log.warn("a slot of the ledger has very many entries", { org_id: orgId, slot, entries: m });
}

function takeThatFit(deltas: readonly Delta[]): Delta[] {
  let bytes = 0;
  const taken: Delta[] = [];
  for (const delta of deltas) {
    bytes += Buffer.byteLength(JSON.stringify(delta.counts));
    if (taken.length > 0 && bytes > ADDED_BYTES) break;
    taken.push(delta);
  }
  return taken;
}

/**
 * The step with these deltas, or, where a batch does not take it with the part that the head becomes, the sealing
 * alone: the next step begins with an empty head, which has room for every delta.
 */
function largestStep(
  slot: Slot,
  head: Versioned<Head> | undefined,
  deltas: readonly Delta[],
  sealedBytes: number,
): DeltaStep {
  const step = stepOfDeltas(slot, head, deltas, sealedBytes);
  const fits = Buffer.byteLength(JSON.stringify([step.head, step.part])) <= STEP_BYTES;
  if (fits || step.part === undefined) return step;
  reached("head-sealed-alone");
  return stepOfDeltas(slot, head, [], 0);
}

function isFull(head: Head, sealedBytes: number): boolean {
  return head.outcomes.length > 0 && Buffer.byteLength(JSON.stringify(head)) > sealedBytes;
}

/** Exported for the tests of its arithmetic and of the ledger's contract. */
export function stepOfDeltas(
  { orgId, slot }: Slot,
  head: Versioned<Head> | undefined,
  deltas: readonly Delta[],
  sealedBytes = SEALED_BYTES,
): DeltaStep {
  const current = head?.value ?? emptyHead(orgId, slot);
  const step = { orgId, slot, etag: head?.etag, deltas: deltas.map(({ id }) => id) };
  if (!isFull(current, sealedBytes)) return { ...step, head: addDeltas(current, deltas) };
  const next = { ...current, ...emptyHead(orgId, slot, current.n + 1, current.m) };
  return { ...step, head: addDeltas(next, deltas), part: sealHead(current) };
}
