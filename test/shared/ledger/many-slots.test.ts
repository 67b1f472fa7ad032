import { expect, it } from "vitest";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { createSweepLedger } from "../../../shared/ledger/sweep-ledger.ts";
import { noDeadline } from "../../../shared/runtime/deadline.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { BUSY, fillSlots } from "../../support/fill-slots.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";

/** One settled batch in 48 merges: that so many in a row merge nothing has the chance (47/48)^480, 1 in 24,000. */
const MOST_OPEN = 480;

it("after a load on 2,000 slots none has more than 480 open deltas, and after the sweep none has any", async () => {
  const store = createMemoryLedgerStore();
  const counts = (): number[] => {
    const bySlot = new Map<string, number>();
    for (const { org_id, slot } of store.deltas())
      bySlot.set(`${org_id} ${slot}`, (bySlot.get(`${org_id} ${slot}`) ?? 0) + 1);
    return [...bySlot.values()];
  };
  let most = 0;
  await fillSlots(store, { orgs: 500, envelopes: 8_000, atOnce: 4 }, () => {
    most = Math.max(most, ...counts());
  });
  expect(counts().length).toBeGreaterThan(1_900);
  expect([most <= MOST_OPEN, most > 16]).toEqual([true, true]);
  expect(await createSweepLedger(store)(noDeadline, silent)).toBe(true);
  expect(counts()).toEqual([]);
  const { outcomes } = await readAccount(store, BUSY, { by: "receipt", from: 0, to: 1e6 });
  expect([...outcomes.values()].map(([stored]) => stored)).toEqual([800]);
});
