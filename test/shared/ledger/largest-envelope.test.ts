import { describe, expect, it } from "vitest";
import { checkEvents } from "../../../shared/ingest/check-events.ts";
import { parseBody } from "../../../shared/ingest/parse-body.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { type EventOutcome, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import { mergeDeltas } from "../../../shared/ledger/merge-deltas.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { takeTurns } from "../../../shared/runtime/turn.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";

/* What ingest takes at most, and a ledger that must take it: a batch of Cosmos DB has 2 MB. */

const limits = { bodyBytes: 4e6, unpackedBytes: 20e6, events: 25_000, eventBytes: 256 * 1024, eventTypes: 1_000 };
const keys = createKeyRing([Buffer.alloc(32, 7)]);

/** Names of three-byte characters that take `bytes` in JSON, with a comma each. */
function typesOf(bytes: number): string[] {
  const types: string[] = [];
  for (let left = bytes; left > 0; ) {
    const name = `${types.length}.`;
    const size = Math.min(left, name.length + 3 + 3 * 190);
    types.push(name + "語".repeat(Math.floor((size - name.length - 3) / 3)) + "x".repeat((size - name.length - 3) % 3));
    left -= size;
  }
  return types;
}

async function check(types: readonly string[]) {
  const turns = takeTurns();
  const batch = await parseBody(
    Buffer.from(JSON.stringify(types.map((event_type) => ({ event_type })))),
    limits,
    turns,
  );
  return (await checkEvents(batch, Date.now(), limits, turns)).items.length;
}

describe("event types whose names take", () => {
  it("256 KiB are taken, and not one byte more", async () => {
    const types = typesOf(256 * 1024);
    expect(await check(types)).toBe(types.length);
    const [first = "", ...others] = types;
    const error = await check([`${first}x`, ...others]).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "too_many_event_types", members: { limit: 262_144 } });
    expect(String(error)).toContain("take 262145 bytes");
  });
});

it("the largest envelope that is taken is settled, merged, and sealed by the next one", async () => {
  const { cosmos } = await startCosmosAccount();
  const store = createCosmosLedgerStore(cosmos.containers.ledger);
  const types = typesOf(256 * 1024);
  // Every second event repeats one before it: a range each. All others are of another hour, far from now.
  const outcomes = Array.from({ length: 25_000 }, (_, i): EventOutcome => {
    if (i % 2 === 1) return { outcome: "duplicate", code: "repeated_event_id" };
    const timestamp = new Date(Date.UTC(9990, 0, 1) - i * 3_600_000).toISOString();
    return { outcome: "stored", eventType: types[i % types.length] ?? "", timestamp };
  });
  // So many rows are possible only without repetitions: both bounds at once, and more than can be.
  const rows = Array.from({ length: 25_000 }, (_, i) => [i % types.length, 70_000_000 - i, 1] as const);
  for (let i = 0; i < 3; i++) {
    const { receiptId } = mintReceipt(keys, "o", Date.now(), 25_000);
    const made = makeLedgerEntry("o", receiptId, outcomes);
    const entry = { ...made, slot: "2026-11-22.0", counts: { types, rows } };
    expect(await settleEntries(store, [entry])).toEqual([{ status: "written" }]);
    await mergeDeltas(store, { orgId: "o", slot: "2026-11-22.0" }, silent);
    expect(await store.findDeltas("o", "2026-11-22.0", 10)).toEqual([]);
  }
  expect((await store.readHead("o", "2026-11-22.0"))?.value).toMatchObject({ n: 2, m: 3 });
});
