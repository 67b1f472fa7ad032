import { expect, it } from "vitest";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { createSweepLedger } from "../../../shared/ledger/sweep-ledger.ts";
import { noDeadline } from "../../../shared/runtime/deadline.ts";
import { eachPage } from "../../../shared/store/cosmos.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { fillSlots } from "../../support/fill-slots.ts";

/** As in many-slots.test.ts. */
const MOST_OPEN = 480;

it("20,000 slots of 5,000 orgs on the emulator: none has more than 480 open deltas, and after the sweep none has any", {
  timeout: 900_000,
}, async () => {
  const { cosmos } = await startCosmosAccount();
  const { ledger } = cosmos.containers;
  const store = createCosmosLedgerStore(ledger);
  await fillSlots(store, { orgs: 5_000, envelopes: 60_000, atOnce: 16 });
  const counts = new Map<string, number>();
  const query = { query: `SELECT c.org_id, c.slot FROM c WHERE c.kind = "delta"` };
  await eachPage<{ org_id: string; slot: string }>(ledger, query, (rows) => {
    for (const { org_id, slot } of rows) counts.set(`${org_id} ${slot}`, (counts.get(`${org_id} ${slot}`) ?? 0) + 1);
  });
  expect(counts.size).toBeGreaterThan(18_000);
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(MOST_OPEN);
  expect(await createSweepLedger(store)(noDeadline, silent)).toBe(true);
  for await (const slots of store.findDeltaSlots()) expect(slots).toEqual([]);
});
