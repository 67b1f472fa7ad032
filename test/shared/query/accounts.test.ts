import { expect, it } from "vitest";
import type { Principal } from "../../../shared/identity/principal.ts";
import type { CountTable } from "../../../shared/ledger/event-counts.ts";
import { ENTRY_TTL, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { queryLedger } from "../../../shared/query/query-ledger.ts";
import { queryMetrics } from "../../../shared/query/query-metrics.ts";
import { queryReceipt } from "../../../shared/query/query-receipt.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { createSharedMemory } from "../../../shared/runtime/shared-memory.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 30);
const HOUR = Math.floor(NOW / 3_600_000);
const keys = createKeyRing([Buffer.alloc(32, 7)]);
const principal = { orgId: "o" } as Principal;
const memory = createSharedMemory({ maxBytes: 1, waitMs: 1 });

/** A ledger that counted each of so many types once in each of the last hours. */
async function count(types: number, hours: number) {
  const ledger = createMemoryLedgerStore();
  const made = makeLedgerEntry("o", mintReceipt(keys, "o", NOW, 1).receiptId, []);
  const names = Array.from({ length: types }, (_, i) => `type ${i}`);
  const rows = names.flatMap((_, i) => Array.from({ length: hours }, (_, hour) => [i, HOUR - hour, 1] as const));
  const counts: CountTable = { types: names, rows };
  await settleEntries(ledger, [{ ...made, counts }]);
  return ledger;
}

it("metrics of more counts than fit are a 400 with the largest range that works, and that one works", async () => {
  const ledger = await count(600, 400);
  const ask = (query: string) => queryMetrics({ ledger, memory }, principal, new URLSearchParams(query), NOW);
  const error = await ask("from=2026-11-01T00:00:00Z").catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "invalid_parameter", members: { parameter: "from" } });
  const [, from = ""] = /from (\S+) on they fit/.exec(String(error)) ?? [];
  const whole = await ask(`from=${from}`);
  expect(whole.total).toBe(333 * 600);
  const oneMore = new Date(Date.parse(from) - 3_600_000).toISOString();
  await expect(ask(`from=${oneMore}`)).rejects.toMatchObject({ code: "invalid_parameter" });
  // What it advises works too.
  expect((await ask("from=2026-11-01T00:00:00Z&interval=day")).total).toBe(240_000);
  expect((await ask("from=2026-11-01T00:00:00Z&event_type=type%207")).total).toBe(400);
});

it("an hour of more counts than fit is a 400 that says so", async () => {
  const ledger = await count(200_001, 1);
  const asked = queryMetrics({ ledger, memory }, principal, new URLSearchParams(), NOW);
  await expect(asked).rejects.toThrow("so has its last interval alone");
});

it("outcomes that are not 0 are named in the account, and settled is the sum of all", async () => {
  const ledger = createMemoryLedgerStore();
  const made = makeLedgerEntry("o", mintReceipt(keys, "o", NOW, 1).receiptId, []);
  await settleEntries(ledger, [{ ...made, outcomes: [5, 1, 2, 0, 3] }]);
  const deps = { ledger, memory, log: silent, readBacklog: () => Promise.reject(new Error("away")) };
  const { totals, hours } = await queryLedger(deps, principal, new URLSearchParams(), NOW);
  expect(totals).toEqual({ settled: 11, stored: 5, duplicate: 1, quarantined: 2, expired: 3 });
  expect(hours).toEqual([{ start: "2026-11-22T10:00:00.000Z", ...totals }]);
});

it("a receipt without an entry is pending, and after the 400 days for which entries are kept, not found", async () => {
  const deps = { ledger: createMemoryLedgerStore(), keys };
  const { receiptId } = mintReceipt(keys, "o", NOW, 1);
  expect(await queryReceipt(deps, principal, receiptId, NOW + ENTRY_TTL * 1000)).toMatchObject({ status: "pending" });
  const late = queryReceipt(deps, principal, receiptId, NOW + ENTRY_TTL * 1000 + 1);
  await expect(late).rejects.toMatchObject({ code: "receipt_not_found" });
});

it("a read of an org that reads too much already is 503 `busy`, and another org's is answered meanwhile", async () => {
  const ledger = await count(2, 3);
  const shared = createSharedMemory({ maxBytes: 48 * 1024 * 1024, waitMs: 20 });
  const ask = (orgId: string) =>
    queryMetrics({ ledger, memory: shared }, { orgId } as Principal, new URLSearchParams(), NOW);
  const held = await Promise.all([1, 2, 3].map(() => shared.take("o", 8 * 1024 * 1024)));
  await expect(ask("o")).rejects.toMatchObject({ code: "busy", retryAfter: 2 });
  expect((await ask("p")).total).toBe(0);
  held.forEach((share) => void share?.shrink(0));
  expect((await ask("o")).total).toBe(6);
  // What was read is given back.
  expect(shared.takeNow("o", 24 * 1024 * 1024)).toBeDefined();
});
