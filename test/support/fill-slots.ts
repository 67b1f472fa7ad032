import { createRandom } from "../../local/launcher/faults/random.ts";
import { makeLedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../shared/ledger/ledger-store.ts";
import { mergeSome } from "../../shared/ledger/merge-some.ts";
import { settleEntries } from "../../shared/ledger/settle-entries.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { noDeadline } from "../../shared/runtime/deadline.ts";
import { silent } from "../../shared/telemetry/log.ts";

/** Of each ten envelopes one is of an org that sends all the time. */
export const BUSY = "busy";
export const RECEIVED = Date.parse("2026-11-22T12:00:00Z");

export interface Load {
  /** A day of each has four slots. */
  readonly orgs: number;
  readonly envelopes: number;
  readonly atOnce: number;
}

/** Closes the accounts of envelopes, each by itself as if each were a work item, and merges by lot as persisters do. */
export async function fillSlots(
  store: LedgerStore,
  { orgs, envelopes, atOnce }: Load,
  look: () => void = () => undefined,
): Promise<void> {
  const keys = createKeyRing([Buffer.alloc(32, 7)]);
  const random = createRandom(13);
  const merging = { random: () => random.below(48_000) / 48_000 };
  const stored = { outcome: "stored", eventType: "a", timestamp: "2026-11-22T10:15:00.000Z" } as const;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < envelopes) {
      const orgId = next++ % 10 === 0 ? BUSY : `org ${random.below(orgs)}`;
      const entry = makeLedgerEntry(orgId, mintReceipt(keys, orgId, RECEIVED, 1).receiptId, [stored]);
      await settleEntries(store, [entry]);
      await mergeSome(store, [{ orgId, slot: entry.slot }], noDeadline, silent, merging);
      if (next % 2_000 === 0) look();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
