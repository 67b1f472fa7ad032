import { ConsistencyLevel, CosmosClient } from "@azure/cosmos";
import type { ReplicaLag } from "@headrace/emulators/cosmos/replicas/keep-sessions.ts";
import { startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { expect, it, onTestFinished } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { mergeDeltas } from "../../../shared/ledger/merge-deltas.ts";
import { mergeEntries } from "../../../shared/ledger/merge-entries.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { connectCosmos } from "../../../shared/store/cosmos.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createOlderLedger, toOlderEntry } from "../../support/older-ledger.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const always = { by: "event", from: -1e6, to: 1e7 } as const;
const noCredential = (): never => {
  throw new Error("it has a key");
};

/** An emulator whose replica lags while `lagging`, and the ledger through the product's client. */
async function start() {
  const state = { lagging: false };
  const lag: ReplicaLag = { isLagging: () => state.lagging, isAlone: () => false, ms: Number.POSITIVE_INFINITY };
  const emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", lag });
  onTestFinished(() => emulator.close());
  await provisionCosmos(emulator, { getToken: async () => null });
  const connect = () => {
    const cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, noCredential);
    onTestFinished(() => cosmos.close());
    const { ledger } = cosmos.containers;
    return { ...createCosmosLedgerStore(ledger), ...createOlderLedger(ledger) };
  };
  return { state, emulator, connect };
}

/** The sums come from the primary, what is open from a replica that does not know of the merge. */
async function readMidway(store: LedgerStore, state: { lagging: boolean }): Promise<number> {
  const entriesLag: LedgerStore = {
    ...store,
    readOpen: async (...asked) => {
      state.lagging = true;
      return store.readOpen(...asked).finally(() => {
        state.lagging = false;
      });
    },
  };
  const { counts } = await readAccount(entriesLag, "o", always);
  return [...counts.values()].flatMap((hours) => [...hours.values()]).reduce((sum, count) => sum + count, 0);
}

it.each(["a delta", "an open entry of before"])(
  "counts an event of %s once although a replica lags behind a merge; without session tokens it would count it twice",
  async (form) => {
    const { state, emulator, connect } = await start();
    const writer = connect();
    const { receiptId } = mintReceipt(keys, "o", Date.parse("2026-11-22T23:30:00Z"), 1);
    const outcome = { outcome: "stored", eventType: "a", timestamp: "2026-11-22T10:15:00.000Z" } as const;
    const entry = makeLedgerEntry("o", receiptId, [outcome]);
    if (form === "a delta") await settleEntries(writer, [entry]);
    else await writer.createEntry(toOlderEntry(entry));
    // The replica is made by its first read: it has what is open, and will not have the sum.
    expect(await readMidway(connect(), state)).toBe(1);
    if (form === "a delta") await mergeDeltas(writer, { orgId: "o", slot: entry.slot }, silent);
    else expect(await mergeEntries(writer, Number.POSITIVE_INFINITY, silent)).toBe(1);

    for (let i = 0; i < 3; i++) expect(await readMidway(connect(), state)).toBe(1);
    const { endpoint, key } = emulator;
    const counts: number[] = [];
    for (const more of [{}, { consistencyLevel: ConsistencyLevel.Session }]) {
      const client = new CosmosClient({ endpoint, key, ...more });
      counts.push(await readMidway(createCosmosLedgerStore(client.database("headrace").container("ledger")), state));
      client.dispose();
    }
    expect(counts).toEqual([2, 1]);
  },
);
