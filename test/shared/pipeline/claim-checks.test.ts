import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { packContent } from "../../../shared/envelope/content.ts";
import { encodeFrame } from "../../../shared/envelope/frame.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { decodeWorkItem, encodeWorkItem, MAX_WORK_BYTES, workBytesOf } from "../../../shared/pipeline/work-item.ts";
import { MAX_MESSAGE_BYTES } from "../../../shared/pipeline/work-queue.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { createMemoryBudget } from "../../../shared/runtime/memory-budget.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";
import { createMemoryQuarantineStore } from "../../support/memory-quarantine-store.ts";
import { createMemoryEventStore } from "../../support/memory-stores.ts";
import { createMemoryWorkQueue } from "../../support/memory-work-queue.ts";

const keys = createKeyRing([randomBytes(32)]);
const BLOB = "envelopes/a/some";

/** An envelope of one event, as a claim check and as the blob behind it. */
async function makeClaim(): Promise<{ readonly claim: Buffer; readonly blob: Buffer }> {
  const { receiptId } = mintReceipt(keys, "a", Date.now(), 1);
  const event = { event_id: receiptId, event_type: "t", timestamp: "2026-11-22T10:00:00.000Z" };
  const { body, bytes } = await packContent([JSON.stringify({ e: event })]);
  const head = { org_id: "a", receipt_id: receiptId, events: 1, bytes };
  return {
    claim: encodeFrame({ kind: "claim", head, blob: BLOB }),
    blob: encodeFrame({ kind: "inline", head, body }),
  };
}

describe("a claim check whose blob is gone", () => {
  const makeServices = () => ({
    events: createMemoryEventStore(),
    ledger: createMemoryLedgerStore(),
    quarantine: createMemoryQuarantineStore(),
    claims: createMemoryClaimStore(),
    queue: createMemoryWorkQueue(),
    memory: createMemoryBudget(1024 * 1024),
    tellNewer: async () => undefined,
  });
  let services: ReturnType<typeof makeServices>;
  beforeEach(() => {
    services = makeServices();
  });
  const queued = (): string[] => services.queue.messages.map(({ text }) => text);
  /** Takes the oldest message, however long it is still hidden. */
  const persistNext = (): Promise<void> =>
    persistWorkItem(services, services.queue.messages.shift()?.text ?? "", 1, silent);

  it("is waited for however often its work was put back before, and stored when it is there again", async () => {
    const { claim, blob } = await makeClaim();
    await services.queue.put(encodeWorkItem(1_000, [claim]), 0);
    for (let i = 0; i < 5; i++) await persistNext();
    expect(decodeWorkItem(queued()[0] ?? "")).toMatchObject({ attempt: 1_005, frames: [{ missed: 5 }] });
    await services.claims.put(BLOB, blob);
    await persistNext();
    expect(queued()).toEqual([]);
    expect(services.events.all()).toHaveLength(1);
    expect(services.ledger.entries()).toMatchObject([{ outcomes: [1, 0, 0] }]);
  });

  it("is given up when the store has said 60 times that it is gone: its events are quarantined", async () => {
    await services.queue.put(encodeWorkItem(0, [(await makeClaim()).claim]), 0);
    for (let i = 0; i < 60; i++) await persistNext();
    expect(services.ledger.entries()).toEqual([]);
    await persistNext();
    expect(queued()).toEqual([]);
    expect(services.ledger.entries()).toMatchObject([
      { outcomes: [0, 0, 1], not_stored: [{ outcome: "quarantined", code: "lost_claim_check" }] },
    ]);
  });

  it("is not given up when another delivery has settled the envelope, although a replica does not know it yet", async () => {
    const { claim, blob } = await makeClaim();
    await services.claims.put(BLOB, blob);
    await services.queue.put(encodeWorkItem(0, [claim]), 0);
    await persistNext();
    expect(services.claims.blobs.size).toBe(0);
    const lagging = { ...services, ledger: { ...services.ledger, readEntry: async () => undefined } };
    await persistWorkItem(lagging, encodeWorkItem(0, [claim]), 1, silent);
    expect([queued(), services.quarantine.all()]).toEqual([[], []]);
    expect(services.ledger.entries()).toMatchObject([{ outcomes: [1, 0, 0] }]);
  });

  it("fits a message of the queue however full its work item was", async () => {
    const { claim } = await makeClaim();
    const full = Array.from({ length: Math.floor(MAX_WORK_BYTES / workBytesOf(claim)) }, () => claim);
    await services.queue.put(encodeWorkItem(0, full), 0);
    await persistNext();
    expect(queued().length).toBeGreaterThan(1);
    expect(queued().flatMap((text) => decodeWorkItem(text).frames)).toHaveLength(full.length);
    for (const text of queued()) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  });
});
