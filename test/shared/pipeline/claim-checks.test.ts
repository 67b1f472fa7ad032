import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { packContent } from "../../../shared/envelope/content.ts";
import { encodeFrame } from "../../../shared/envelope/frame.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { decodeWorkItem, encodeWorkItem, MAX_WORK_BYTES, workBytesOf } from "../../../shared/pipeline/work-item.ts";
import { MAX_MESSAGE_BYTES } from "../../../shared/pipeline/work-queue.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import type { Logger } from "../../../shared/telemetry/log.ts";
import {
  createMemoryEventStore,
  createMemoryLedgerStore,
  createMemoryQuarantineStore,
} from "../../support/memory-stores.ts";

const keys = createKeyRing([randomBytes(32)]);
const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
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
  let blobs: Map<string, Buffer>;
  let queued: string[];
  let deps: Parameters<typeof persistWorkItem>[0] & {
    readonly events: ReturnType<typeof createMemoryEventStore>;
    readonly ledger: ReturnType<typeof createMemoryLedgerStore>;
  };
  beforeEach(() => {
    blobs = new Map();
    queued = [];
    deps = {
      events: createMemoryEventStore(),
      ledger: createMemoryLedgerStore(),
      quarantine: createMemoryQuarantineStore(),
      claims: {
        put: async (name, bytes) => void blobs.set(name, bytes),
        get: async (name) => blobs.get(name),
        delete: async (name) => void blobs.delete(name),
        check: async () => undefined,
      },
      queue: {
        put: async (text) => void queued.push(text),
        length: async () => queued.length,
        check: async () => undefined,
      },
      memory: { use: <T>(_: number, work: () => Promise<T>) => work() },
    };
  });
  const persistNext = (): Promise<void> => persistWorkItem(deps, queued.shift() ?? "", quiet);

  it("is waited for however often its work was put back before, and stored when it is there again", async () => {
    const { claim, blob } = await makeClaim();
    queued = [encodeWorkItem(1_000, [claim])];
    for (let i = 0; i < 5; i++) await persistNext();
    expect(decodeWorkItem(queued[0] ?? "")).toMatchObject({ attempt: 1_005, frames: [{ missed: 5 }] });
    blobs.set(BLOB, blob);
    await persistNext();
    expect(queued).toEqual([]);
    expect(deps.events.all()).toHaveLength(1);
    expect(deps.ledger.entries()).toMatchObject([{ outcomes: [1, 0, 0] }]);
  });

  it("is given up when the store has said 60 times that it is gone: its events are quarantined", async () => {
    queued = [encodeWorkItem(0, [(await makeClaim()).claim])];
    for (let i = 0; i < 60; i++) await persistNext();
    expect(deps.ledger.entries()).toEqual([]);
    await persistNext();
    expect(queued).toEqual([]);
    expect(deps.ledger.entries()).toMatchObject([
      { outcomes: [0, 0, 1], not_stored: [{ outcome: "quarantined", code: "lost_claim_check" }] },
    ]);
  });

  it("fits a message of the queue however full the work item was that it came with", async () => {
    const { claim } = await makeClaim();
    const full = Array.from({ length: Math.floor(MAX_WORK_BYTES / workBytesOf(claim)) }, () => claim);
    queued = [encodeWorkItem(0, full)];
    await persistNext();
    expect(queued.length).toBeGreaterThan(1);
    expect(queued.flatMap((text) => decodeWorkItem(text).frames)).toHaveLength(full.length);
    for (const text of queued) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  });
});
