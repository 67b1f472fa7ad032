import { expect, it } from "vitest";
import type { QuarantinedItem } from "../../../shared/envelope/content.ts";
import type { EventStore } from "../../../shared/event/event-store.ts";
import { makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createQuarantine } from "../../../shared/quarantine/quarantine.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { type ReplayDeps, replayQuarantined } from "../../../shared/replay/replay-quarantined.ts";
import { createSharedMemory } from "../../../shared/runtime/shared-memory.ts";
import { takeTurns } from "../../../shared/runtime/turn.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";
import { createMemoryQuarantineStore } from "../../support/memory-quarantine-store.ts";
import { createMemoryEventStore } from "../../support/memory-stores.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 30);
const keys = createKeyRing([Buffer.alloc(32, 7)]);
const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const limits = { bodyBytes: 1e6, unpackedBytes: 1e6, events: 10, eventBytes: 1e5, eventTypes: 10 };

/** One event in quarantine that is valid by now, settled. */
async function makeWorld(problem: Partial<QuarantinedItem> = {}) {
  const [events, ledger, quarantine, claims] = [
    createMemoryEventStore(),
    createMemoryLedgerStore(),
    createMemoryQuarantineStore(),
    createMemoryClaimStore(),
  ];
  const { receiptId } = mintReceipt(keys, "o", NOW, 1);
  const text = JSON.stringify({ event_id: "e", event_type: "paid" });
  await createQuarantine(quarantine, claims).keepItems("o", receiptId, [
    { code: "wrong_type", path: "", message: "", raw: { text }, ...problem },
  ]);
  await settleEntries(ledger, [makeLedgerEntry("o", receiptId, [{ outcome: "quarantined", code: "wrong_type" }])]);
  const deps: ReplayDeps = {
    ...{ events, ledger, quarantine, claims, keys, limits, takeTurns, now: () => NOW },
    memory: createSharedMemory({ maxBytes: 1e9, waitMs: 0 }),
    openJudge: async () => undefined,
    tell: async () => undefined,
  };
  const replay = (more: Partial<ReplayDeps> = {}) =>
    replayQuarantined({ ...deps, ...more }, actor, "o", { id: `${receiptId}:0`, dryRun: false });
  return { events, ledger, quarantine, replay };
}

it("replaying what others change each time gives up, and says that it is to be asked again", async () => {
  const { quarantine, replay } = await makeWorld();
  const contended = { ...quarantine, replace: async () => ({ status: "conflict" }) as const };
  await expect(replay({ quarantine: contended })).rejects.toMatchObject({ code: "store_unavailable", retryAfter: 1 });
  expect(await replay()).toMatchObject({ outcome: "stored" });
});

it("a replay whose id others change each time is decided, and completed by the next one", async () => {
  const { events, quarantine, replay } = await makeWorld();
  const contended: EventStore = { ...events, create: async (all) => all.map(() => ({ status: "conflict" })) };
  await expect(replay({ events: contended })).rejects.toMatchObject({ code: "store_unavailable" });
  expect(quarantine.all()).toMatchObject([{ act: { what: "replayed", replay: { event: { event_id: "e" } } } }]);
  expect(events.all()).toEqual([]);
  expect(await replay()).toMatchObject({ outcome: "stored" });
  expect([quarantine.all(), events.all().length]).toEqual([[], 1]);
});

it("what the store refuses stays with its reason, its id is held against slower tries, and the next replay gets it", async () => {
  const { events, ledger, quarantine, replay } = await makeWorld();
  const refusing: EventStore = {
    ...events,
    create: (all) =>
      all.some(({ receipt_id }) => receipt_id !== null)
        ? Promise.resolve(all.map(() => ({ status: "refused", reason: "400: no" }) as const))
        : events.create(all),
  };
  expect(await replay({ events: refusing })).toMatchObject({
    outcome: "quarantined",
    problem: { code: "refused_by_store", path: "", message: "400: no" },
  });
  const [kept] = quarantine.all();
  expect(kept).toMatchObject({ code: "wrong_type", tried: { code: "refused_by_store", message: "400: no" } });
  expect(kept).not.toHaveProperty("act");
  expect(events.all()).toMatchObject([{ id: "e", receipt_id: null, quarantined: [{ code: "refused_by_store" }] }]);
  expect(ledger.adjustments()).toEqual([]);
  expect(await replay()).toMatchObject({ outcome: "stored" });
  expect(events.all()).toMatchObject([{ id: "e", index: 0, quarantined: [{ code: "refused_by_store" }] }]);
  expect(ledger.adjustments()).toMatchObject([{ what: "replayed", from: "quarantined", to: "stored" }]);
});

it("what was accepted, and is replayed as it was, is found by what its type promotes by now", async () => {
  const event = { event_id: "e", event_type: "paid", timestamp: "2026-11-22T10:00:00.000Z", properties: { cost: 5 } };
  const { events, replay } = await makeWorld({
    code: "refused_by_store",
    raw: { json: { ...event, p1: "of before" } },
  });
  const openJudge: ReplayDeps["openJudge"] = async () => ({
    prepareJudge: async () => () => ({ columnsOf: (properties) => ({ p2: JSON.stringify(properties) }) }),
    privacy: undefined,
  });
  expect(await replay({ openJudge })).toMatchObject({ outcome: "stored" });
  expect(events.all()).toMatchObject([{ ...event, p1: "of before", p2: '{"cost":5}' }]);
});

it("a defect while an event is stored leaves it where it is, and no act that nobody can complete", async () => {
  const { events, quarantine, replay } = await makeWorld();
  const failing: EventStore = {
    ...events,
    create: async (all) => {
      if (all.some(({ receipt_id }) => receipt_id !== null)) throw new TypeError("a defect");
      return events.create(all);
    },
  };
  expect(await replay({ events: failing })).toMatchObject({
    outcome: "quarantined",
    problem: { code: "processing_failed" },
  });
  expect(quarantine.all()[0]).not.toHaveProperty("act");
});
