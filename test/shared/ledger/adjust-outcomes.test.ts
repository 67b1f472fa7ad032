import type { Container } from "@azure/cosmos";
import { beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../../../shared/identity/principal.ts";
import { adjustOutcomes } from "../../../shared/ledger/adjust-outcomes.ts";
import type { Move } from "../../../shared/ledger/adjustment.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { type LedgerEntry, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { mergeDeltas } from "../../../shared/ledger/merge-deltas.ts";
import { nameOutcomes, sumOfOutcomes } from "../../../shared/ledger/outcome-counts.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { repairSlot } from "../../../shared/ledger/repair-slot.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { queryReceipt } from "../../../shared/query/query-receipt.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";

const RECEIVED = Date.UTC(2026, 10, 22, 10, 30);
const HOUR = Math.floor(RECEIVED / 3_600_000);
const keys = createKeyRing([Buffer.alloc(32, 7)]);
const principal = { orgId: "o" } as Principal;
const event = { eventType: "a", timestamp: new Date(RECEIVED).toISOString() };
const written = { status: "written" };

let container: Container;
let store: LedgerStore;
let entry: LedgerEntry;
beforeEach(async () => {
  const { cosmos } = await startCosmosAccount();
  container = cosmos.containers.ledger;
  store = createCosmosLedgerStore(container);
  // Of the five events, 0 and 1 are stored, 2 is a duplicate, 3 and 4 are in quarantine.
  entry = makeLedgerEntry("o", mintReceipt(keys, "o", RECEIVED, 5).receiptId, [
    { outcome: "stored", ...event },
    { outcome: "stored", ...event },
    { outcome: "duplicate", code: null },
    { outcome: "quarantined", code: "required" },
    { outcome: "quarantined", code: "too_long" },
  ]);
});

const move = (index: number, what: Move["what"], to: Move["to"], more: Partial<Move> = {}): Move => ({
  receiptId: entry.id,
  index,
  what,
  to,
  ...more,
});
const settle = () => settleEntries(store, [entry]);
const adjust = (...moves: Move[]) => adjustOutcomes(store, "o", moves);
const merge = () => mergeDeltas(store, { orgId: "o", slot: entry.slot }, silent);

/** The account by hour of receipt, and how many events it counts as stored. */
async function read() {
  const { outcomes } = await readAccount(store, "o", { by: "receipt", from: HOUR, to: HOUR + 1 });
  const { counts } = await readAccount(store, "o", { by: "event", from: HOUR, to: HOUR + 1 });
  const counted = outcomes.get(HOUR) ?? [0, 0, 0];
  expect(sumOfOutcomes(counted)).toBe(5);
  return { ...nameOutcomes(counted), counted: counts.get(HOUR)?.get("a") };
}

const receipt = () => queryReceipt({ ledger: store, keys }, principal, entry.id, RECEIVED);

it("events move between outcomes, and what was accepted stays what it was", async () => {
  await settle();
  expect(await read()).toEqual({ stored: 2, duplicate: 1, quarantined: 2, counted: 2 });
  const moves = [
    move(0, "erased", "erased", { event }),
    move(3, "discarded", "discarded"),
    move(4, "replayed", "stored", { event }),
  ];
  expect(await adjust(...moves)).toEqual([written, written, written]);
  const moved = { stored: 2, duplicate: 1, quarantined: 0, discarded: 1, erased: 1, counted: 2 };
  expect(await read()).toEqual(moved);
  await merge();
  expect(await read()).toEqual(moved);
  expect(await adjust(move(4, "erased", "erased", { event }))).toEqual([written]);
  expect(await read()).toEqual({ ...moved, stored: 1, erased: 2, counted: 1 });
  expect(await adjust(move(1, "expired", "expired", { event }))).toEqual([written]);
  expect(await read()).toEqual({ ...moved, stored: 0, erased: 2, expired: 1, counted: 0 });
});

describe("a move", () => {
  it("that is said again, by anyone at any time, counts once", async () => {
    await settle();
    const both = [move(3, "discarded", "discarded"), move(0, "erased", "erased", { event })];
    const [first, second] = await Promise.all([adjust(...both), adjust(...both.toReversed())]);
    expect([...first, ...second]).toEqual([written, written, written, written]);
    await merge();
    expect(await adjust(...both, ...both)).toEqual([written, written, written, written]);
    expect(await read()).toMatchObject({ stored: 1, quarantined: 1, discarded: 1, erased: 1 });
  });

  it("whose answer was lost counts once when it is tried again", async () => {
    await settle();
    const losing: LedgerStore = {
      ...store,
      createEntries: async (step) => {
        await store.createEntries(step);
        return { status: "unavailable", retryAfterMs: 0, reason: "lost" };
      },
    };
    const again = move(3, "discarded", "discarded");
    expect(await adjustOutcomes(losing, "o", [again])).toMatchObject([{ status: "unavailable" }]);
    expect(await adjust(again)).toEqual([written]);
    expect(await read()).toMatchObject({ quarantined: 1, discarded: 1 });
  });

  it("of a receipt that is not settled waits", async () => {
    expect(await adjust(move(0, "erased", "erased", { event }))).toMatchObject([{ status: "unavailable" }]);
    await settle();
    expect(await adjust(move(0, "erased", "erased", { event }))).toEqual([written]);
  });

  it.each([
    ["of a stored event to discarded", 0, "discarded", "discarded"],
    ["of a stored event to replayed", 0, "replayed", "stored"],
    ["of a duplicate to erased", 2, "erased", "erased"],
    ["to an outcome that it does not lead to", 3, "discarded", "erased"],
  ] as const)("%s is refused", async (_name, index, what, to) => {
    await settle();
    expect(await adjust(move(index, what, to))).toMatchObject([{ status: "refused" }]);
    expect(await read()).toMatchObject({ stored: 2, duplicate: 1, quarantined: 2 });
  });

  it("of an event whose type and time are not known is a defect, and changes nothing", async () => {
    await settle();
    await expect(adjust(move(0, "erased", "erased"))).rejects.toThrow("not given");
  });
});

it("the receipt says where its events are now, and names only outcomes that are not 0", async () => {
  await settle();
  const before = await receipt();
  expect(before).toMatchObject({ stored: 2, duplicate: 1, quarantined: 2 });
  expect(before).not.toHaveProperty("discarded");
  await adjust(
    move(1, "erased", "erased", { event }),
    move(3, "discarded", "discarded"),
    move(4, "replayed", "stored", { event }),
  );
  await adjust(move(4, "expired", "expired", { event }));
  expect(await receipt()).toEqual({
    receipt_id: entry.id,
    received_at: "2026-11-22T10:30:00.000Z",
    accepted: 5,
    status: "settled",
    stored: 1,
    duplicate: 1,
    quarantined: 0,
    discarded: 1,
    expired: 1,
    erased: 1,
    results: [
      { index: 1, result: "erased", code: null, adjusted: "erased" },
      { index: 2, result: "duplicate", code: null },
      { index: 3, result: "discarded", code: "required", adjusted: "discarded" },
      { index: 4, result: "expired", code: "too_long", adjusted: "expired" },
    ],
  });
});

it("a receipt of an org has no adjustments of another one's, and none of another receipt's", async () => {
  await settle();
  const other = makeLedgerEntry("o", mintReceipt(keys, "o", RECEIVED, 1).receiptId, [{ outcome: "stored", ...event }]);
  await settleEntries(store, [{ ...other, slot: entry.slot }]);
  await adjust(move(3, "discarded", "discarded"));
  expect(await store.findAdjustments("o", entry.slot, other.id)).toEqual([]);
  expect(await store.findAdjustments("p", entry.slot, entry.id)).toEqual([]);
  expect(await store.findAdjustments("o", entry.slot, entry.id)).toMatchObject([{ index: 3, from: "quarantined" }]);
});

it("an adjustment of a newer release makes its receipt unavailable", async () => {
  await settle();
  await adjust(move(3, "discarded", "discarded"));
  const [found] = await store.findAdjustments("o", entry.slot, entry.id);
  await container.items.upsert({ ...found, v: 2 });
  await expect(receipt()).rejects.toMatchObject({ code: "store_unavailable" });
});

it("a repair counts adjustments as it counts entries", async () => {
  await settle();
  await adjust(move(3, "discarded", "discarded"), move(0, "erased", "erased", { event }));
  await merge();
  await container.item("head", ["o", entry.slot]).delete();
  const slot = { orgId: "o", slot: entry.slot };
  expect(await repairSlot(store, slot, { now: RECEIVED })).toMatchObject({ how: "mended", entries: 3, counted: 0 });
  expect(await read()).toMatchObject({ stored: 1, quarantined: 1, discarded: 1, erased: 1, counted: 1 });
});
