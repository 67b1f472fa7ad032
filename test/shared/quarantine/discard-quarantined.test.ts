import { expect, it } from "vitest";
import { makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { type DiscardDeps, discardQuarantined } from "../../../shared/quarantine/discard-quarantined.ts";
import { createQuarantine } from "../../../shared/quarantine/quarantine.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";
import { createMemoryQuarantineStore } from "../../support/memory-quarantine-store.ts";
import { createMemoryEventStore } from "../../support/memory-stores.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 30);
const keys = createKeyRing([Buffer.alloc(32, 7)]);
const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };

/** One event in quarantine, settled; too large for its document, so that a blob has it. */
async function makeWorld() {
  const [ledger, quarantine, claims] = [
    createMemoryLedgerStore(),
    createMemoryQuarantineStore(),
    createMemoryClaimStore(),
  ];
  const { receiptId } = mintReceipt(keys, "o", NOW, 1);
  const text = "x".repeat(3 * 1024 * 1024);
  const item = { code: "too_large", path: "", message: "", raw: { text } } as const;
  await createQuarantine(quarantine, claims).keepItems("o", receiptId, [item]);
  await settleEntries(ledger, [makeLedgerEntry("o", receiptId, [{ outcome: "quarantined", code: "too_large" }])]);
  const events = createMemoryEventStore();
  const deps: DiscardDeps = { quarantine, events, ledger, claims, keys, now: () => NOW, tell: async () => undefined };
  const discard = (more: Partial<DiscardDeps> = {}) =>
    discardQuarantined({ ...deps, ...more }, actor, "o", { id: `${receiptId}:0`, reason: "not ours" });
  return { quarantine, claims, discard };
}

it("discarding what others change each time gives up, and says that it is to be asked again", async () => {
  const { quarantine, discard } = await makeWorld();
  const contended = { ...quarantine, replace: async () => ({ status: "conflict" }) as const };
  await expect(discard({ quarantine: contended })).rejects.toMatchObject({ code: "store_unavailable", retryAfter: 1 });
  expect(await discard()).toMatchObject({ what: "discarded", reason: "not ours" });
});

it("discarding while blobs are away is decided, and completed by the next try", async () => {
  const { quarantine, claims, discard } = await makeWorld();
  expect(claims.blobs.size).toBe(1);
  claims.away = true;
  await expect(discard()).rejects.toMatchObject({ code: "store_unavailable" });
  expect(quarantine.all()).toMatchObject([{ act: { what: "discarded" } }]);
  claims.away = false;
  expect(await discard()).toMatchObject({ what: "discarded" });
  expect([quarantine.all(), claims.blobs.size]).toEqual([[], 0]);
});
