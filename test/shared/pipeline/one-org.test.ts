import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packContent } from "../../../shared/envelope/content.ts";
import { encodeFrame, type Frame, headOf } from "../../../shared/envelope/frame.ts";
import { dispatchEnvelopes } from "../../../shared/pipeline/dispatch-envelopes.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { decodeWorkItem } from "../../../shared/pipeline/work-item.ts";
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

async function makeEnvelope(orgId: string, events: number, noise = 0): Promise<Buffer> {
  const { receiptId } = mintReceipt(keys, orgId, Date.now(), events);
  const items = Array.from({ length: events }, (_, i) => {
    const event = { event_id: `${receiptId}-${i}`, event_type: "t", timestamp: "2026-11-22T10:00:00.000Z" };
    return JSON.stringify({ e: { ...event, properties: { noise: randomBytes(noise).toString("hex") } } });
  });
  const { body, bytes } = await packContent(items);
  return encodeFrame({ kind: "inline", head: { org_id: orgId, receipt_id: receiptId, events, bytes }, body });
}

function makeServices() {
  const queue = createMemoryWorkQueue();
  return { claims: createMemoryClaimStore(), queue, put: queue.messages };
}

const orgsOf = (frames: readonly Frame[]): string[] => [...new Set(frames.map((frame) => headOf(frame)?.org_id ?? ""))];

describe("one org hurts only itself", () => {
  it("a busy org's envelopes travel alone, small ones share, and none is left out or too large", async () => {
    const small = await Promise.all(["a", "b", "c"].map((org) => makeEnvelope(org, 2)));
    const busy = await Promise.all(Array.from({ length: 9 }, () => makeEnvelope("busy", 100, 60)));
    const { claims, queue, put } = makeServices();
    await dispatchEnvelopes(
      { queue, claims },
      [...busy, ...small].map((body, i) => ({ body, source: `0/${i}` })),
      silent,
    );
    const items = put.map(({ text }) => decodeWorkItem(text).frames);
    expect(items.flat()).toHaveLength(12);
    expect(items.some((frames) => orgsOf(frames).join() === "a,b,c")).toBe(true);
    for (const frames of items) expect(orgsOf(frames).includes("busy") && orgsOf(frames).length > 1).toBe(false);
  });

  it("whatever the sizes, every envelope is in one work item that fits a queue message", async () => {
    const sizes = fc.array(
      fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 300 }), fc.constantFrom(0, 10, 400)),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(sizes, async (wanted) => {
        const bodies = await Promise.all(wanted.map(([org, events, noise]) => makeEnvelope(org, events, noise)));
        const { claims, queue, put } = makeServices();
        await dispatchEnvelopes(
          { queue, claims },
          bodies.map((body, i) => ({ body, source: `0/${i}` })),
          silent,
        );
        const receipts = put.flatMap(({ text }) =>
          decodeWorkItem(text).frames.map((frame) => headOf(frame)?.receipt_id ?? ""),
        );
        expect(new Set(receipts).size).toBe(wanted.length);
        expect(receipts).toHaveLength(wanted.length);
        for (const { text } of put) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      }),
      { numRuns: 40 },
    );
  });

  it("the work that one org's throttling leaves open is put back by itself, later each time; its neighbours are stored", async () => {
    const events = createMemoryEventStore();
    const throttled: typeof events = {
      ...events,
      create: async (documents) => {
        const results = await events.create(documents.filter(({ org_id }) => org_id !== "a"));
        return documents.map(({ org_id }) =>
          org_id === "a"
            ? { status: "unavailable", retryAfterMs: 3_000, reason: "429" }
            : (results.shift() ?? { status: "conflict" }),
        );
      },
    };
    const { claims, queue, put } = makeServices();
    const bodies = await Promise.all(["a", "b", "a", "c"].map((org) => makeEnvelope(org, 2)));
    await dispatchEnvelopes(
      { queue, claims },
      bodies.map((body, i) => ({ body, source: `0/${i}` })),
      silent,
    );
    const ledger = createMemoryLedgerStore();
    const deps = {
      events: throttled,
      ledger,
      quarantine: createMemoryQuarantineStore(),
      claims,
      queue,
      memory: createMemoryBudget(1024 * 1024),
      tellNewer: async () => undefined,
    };
    for (const attempt of [1, 2, 3, 4, 5]) {
      const text = put.splice(0)[0]?.text ?? "";
      await persistWorkItem(deps, text, 1, silent);
      const [back] = put;
      expect(put).toHaveLength(1);
      expect(decodeWorkItem(back?.text ?? "")).toMatchObject({
        attempt,
        frames: [{ head: { org_id: "a" } }, { head: { org_id: "a" } }],
      });
      expect(back?.delaySeconds).toBeGreaterThanOrEqual(Math.max(3, 2 ** (attempt - 1) / 2));
      expect(
        ledger
          .entries()
          .map(({ org_id }) => org_id)
          .sort(),
      ).toEqual(["b", "c"]);
    }
    expect(
      events
        .all()
        .map(({ org_id }) => org_id)
        .sort(),
    ).toEqual(["b", "b", "c", "c"]);
  });
});
