import { type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { describe, expect, it } from "vitest";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt, slotOf } from "../../../shared/receipt/receipt-id.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { idsTo, makeEnvelope, makeServices } from "../../support/work-items.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);

/** The stores on an emulator, and the requests about documents that reach it. */
async function start() {
  const seen: RequestRecord[] = [];
  const gate = watchRequests((record) => record.resourceType === "docs" && seen.push(record));
  const { cosmos } = await startCosmosAccount({ gate });
  const { events, ledger } = cosmos.containers;
  const operations = (container: string): string[] =>
    seen.splice(0).flatMap((one) => (one.container === container ? [one.operation] : []));
  return { operations, events: createCosmosEventStore(events), ledger: createCosmosLedgerStore(ledger) };
}

describe("looks at the ledger that are asked for at one moment", () => {
  it("go in a bulk request for each partition range, and each gets its own answer", async () => {
    const { operations, ledger } = await start();
    const receipts = Array.from({ length: 60 }, () => mintReceipt(keys, "a", Date.now(), 1).receiptId);
    const there = receipts.filter((_, i) => i % 3 === 0);
    const entries = there.map((receipt) => makeLedgerEntry("a", receipt, [{ outcome: "duplicate", code: null }]));
    await settleEntries(ledger, entries);
    operations("ledger");
    const found = await Promise.all(receipts.map((receipt) => ledger.readEntry("a", slotOf(receipt), receipt)));
    expect(found.map((entry) => entry?.id)).toEqual(receipts.map((receipt, i) => (i % 3 === 0 ? receipt : undefined)));
    const asked = operations("ledger");
    expect([asked.length <= 3, new Set(asked)]).toEqual([true, new Set(["bulk"])]);
  });

  it("are a point read where it is one", async () => {
    const { operations, ledger } = await start();
    const { receiptId } = mintReceipt(keys, "a", Date.now(), 1);
    expect(await ledger.readEntry("a", slotOf(receiptId), receiptId)).toBeUndefined();
    expect(operations("ledger")).toEqual(["read"]);
  });

  it("are all those of a work item", async () => {
    const { operations, events, ledger } = await start();
    const orgs = Array.from({ length: 12 }, (_, i) => `org-${i}`);
    const envelopes = await Promise.all(orgs.map((org) => makeEnvelope(org, ["x"])));
    const text = encodeWorkItem(
      0,
      envelopes.map(({ encoded }) => encoded),
    );
    await persistWorkItem({ ...makeServices(), events, ledger }, text, 1, silent);
    const asked = operations("ledger");
    expect(asked.filter((operation) => operation === "read")).toEqual([]);
    expect(asked.filter((operation) => operation === "bulk").length).toBeLessThanOrEqual(3);
  });
});

describe("the question who occupies ids", () => {
  it.each([
    [4, ["read", "read", "read", "read"]],
    [5, ["query"]],
  ] as const)("is for %i of them: %j", async (count, expected) => {
    const { operations, events } = await start();
    const at = "2026-11-22T10:00:00.000Z";
    const more = { org_id: "a", event_type: "t", timestamp: at, received_at: at, receipt_id: "r1", index: 0 };
    await events.create([{ ...more, id: "e0", event_id: "e0" }]);
    operations("events");
    const occupants = await events.findOccupants("a", idsTo(count));
    expect([...occupants].map(([id, { receiptId }]) => [id, receiptId])).toEqual([["e0", "r1"]]);
    const asked = operations("events").filter((operation) => operation !== "plan");
    expect([...new Set(asked)]).toEqual([...new Set(expected)]);
    expect(asked.length).toBeGreaterThanOrEqual(expected.length);
  });
});
