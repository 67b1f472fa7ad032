import { packContent } from "../../shared/envelope/content.ts";
import { encodeFrame } from "../../shared/envelope/frame.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { createMemoryBudget } from "../../shared/runtime/memory-budget.ts";
import { createMemoryClaimStore } from "./memory-claim-store.ts";
import { createMemoryLedgerStore } from "./memory-ledger-store.ts";
import { createMemoryQuarantineStore } from "./memory-quarantine-store.ts";
import { createMemoryEventStore } from "./memory-stores.ts";
import { createMemoryWorkQueue } from "./memory-work-queue.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);

/** An encoded envelope with an event of each id, and its receipt. */
export async function makeEnvelope(
  orgId: string,
  eventIds: readonly string[],
): Promise<{ readonly encoded: Buffer; readonly receiptId: string }> {
  const events = eventIds.length;
  const { receiptId } = mintReceipt(keys, orgId, Date.now(), events);
  const items = eventIds.map((event_id) =>
    JSON.stringify({ e: { event_id, event_type: "t", timestamp: "2026-11-22T10:00:00.000Z" } }),
  );
  const { body, bytes } = await packContent(items);
  return {
    receiptId,
    encoded: encodeFrame({ kind: "inline", head: { org_id: orgId, receipt_id: receiptId, events, bytes }, body }),
  };
}

/** `e0`, `e1`, … */
export const idsTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `e${i}`);

/** What persisting needs, in memory. */
export function makeServices() {
  return {
    events: createMemoryEventStore(),
    ledger: createMemoryLedgerStore(),
    quarantine: createMemoryQuarantineStore(),
    claims: createMemoryClaimStore(),
    queue: createMemoryWorkQueue(),
    memory: createMemoryBudget(8 * 1024 * 1024),
    tellNewer: async (): Promise<void> => undefined,
    // Deltas stay open.
    merging: { random: () => 1 },
  };
}
