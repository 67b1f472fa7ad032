import { beforeEach, describe, expect, it } from "vitest";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { SERVICE_ORG_ID } from "../../../shared/identity/org-id.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { type EventOutcome, makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { nameOutcomes } from "../../../shared/ledger/outcome-counts.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createCosmosTimerRuns } from "../../../shared/operator/cosmos-timer-runs.ts";
import { createCosmosQuarantineStore } from "../../../shared/quarantine/cosmos-quarantine-store.ts";
import { discardQuarantined } from "../../../shared/quarantine/discard-quarantined.ts";
import { findQuarantined } from "../../../shared/quarantine/find-quarantined.ts";
import { createQuarantine } from "../../../shared/quarantine/quarantine.ts";
import type { QuarantineStore } from "../../../shared/quarantine/quarantine-store.ts";
import { type SweepDeps, type SweepPlace, sweepQuarantine } from "../../../shared/quarantine/sweep-quarantine.ts";
import { queryReceipt } from "../../../shared/query/query-receipt.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { type Deadline, noDeadline } from "../../../shared/runtime/deadline.ts";
import type { Containers } from "../../../shared/store/cosmos.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";

const DAY = 86_400_000;
const RECEIVED = Date.UTC(2026, 10, 22, 10, 30);
const HOUR = Math.floor(RECEIVED / 3_600_000);
const keys = createKeyRing([Buffer.alloc(32, 7)]);
const principal = { orgId: "o", subject: "key:k", scopes: [], tokenId: "k" };
const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const item = { code: "wrong_type", path: "user_id", message: "", raw: { text: "{}" } } as const;

let containers: Containers;
let ledger: LedgerStore;
let quarantine: QuarantineStore;
let receipt: string;
let runs: SweepPlace;
const claims = createMemoryClaimStore();
const told: string[] = [];

/** A batch of one stored event and of others in quarantine. */
beforeEach(async () => {
  containers = (await startCosmosAccount()).cosmos.containers;
  ledger = createCosmosLedgerStore(containers.ledger);
  quarantine = createCosmosQuarantineStore(containers.quarantine);
  const timerRuns = createCosmosTimerRuns(containers.control);
  runs = {
    read: () => timerRuns.readPlace("sweep-ledger"),
    keep: (orgId) => timerRuns.keepPlace("sweep-ledger", orgId),
  };
  receipt = mintReceipt(keys, "o", RECEIVED, 4).receiptId;
  await createQuarantine(quarantine, claims).keepItems("o", receipt, [undefined, item, item, item]);
  told.length = 0;
});

const stored: EventOutcome = { outcome: "stored", eventType: "a", timestamp: new Date(RECEIVED).toISOString() };
const inQuarantine: EventOutcome = { outcome: "quarantined", code: "wrong_type" };
const settle = () =>
  settleEntries(ledger, [makeLedgerEntry("o", receipt, [stored, inQuarantine, inQuarantine, inQuarantine])]);

const deps = (days: number): SweepDeps => ({
  ...{
    quarantine,
    events: createCosmosEventStore(containers.events),
    ledger,
    claims,
    place: runs,
    now: () => RECEIVED + days * DAY,
  },
  tell: async (_orgId, { auditId }) => {
    told.push(auditId);
  },
});
const sweep = (days: number, more: Partial<SweepDeps> = {}, deadline: Deadline = noDeadline) =>
  sweepQuarantine({ ...deps(days), ...more }, deadline, silent);

async function account() {
  const { outcomes } = await readAccount(ledger, "o", { by: "receipt", from: HOUR, to: HOUR + 1 });
  return nameOutcomes(outcomes.get(HOUR) ?? [0, 0, 0]);
}
const left = async () => (await quarantine.query("o", { from: "0000", to: "A", limit: 10 })).length;

describe("what has waited for 30 days", () => {
  it("expires by an act: the account and the receipt say so, and it is 410 with its time", async () => {
    await settle();
    expect(await sweep(29.9)).toBe(true);
    expect([await left(), await account()]).toEqual([3, { stored: 1, duplicate: 0, quarantined: 3 }]);
    expect(await sweep(30.1)).toBe(true);
    expect([await left(), await account()]).toEqual([0, { stored: 1, duplicate: 0, quarantined: 0, expired: 3 }]);
    expect(await queryReceipt({ ledger, keys }, principal, receipt, RECEIVED)).toMatchObject({
      ...{ accepted: 4, stored: 1, quarantined: 0, expired: 3 },
      results: [1, 2, 3].map((index) => ({ index, result: "expired", code: "wrong_type", adjusted: "expired" })),
    });
    await expect(findQuarantined({ quarantine, ledger, keys }, "o", `${receipt}:1`)).rejects.toMatchObject({
      code: "quarantined_gone",
      members: { what: "expired", at: new Date(RECEIVED + 30.1 * DAY).toISOString() },
    });
    expect(told).toEqual([]);
  });

  it("of releases up to 0.7.0, which has no `ttl` of its own, expires a day before the store would drop it", async () => {
    await settle();
    const id = `${receipt}:1`;
    const { resource } = await containers.quarantine.item(id, ["o", id]).read<{ readonly ttl?: number }>();
    const { ttl, ...older } = resource ?? { ttl: undefined };
    expect(ttl).toBe(45 * 24 * 3600);
    await containers.quarantine.item(id, ["o", id]).replace(older);
    expect(await sweep(29.1)).toBe(true);
    expect([await left(), await account()]).toEqual([2, { stored: 1, duplicate: 0, quarantined: 2, expired: 1 }]);
  });

  it("waits on where its receipt is not settled, and the sweep is not at its end", async () => {
    expect(await sweep(31)).toBe(false);
    expect(await left()).toBe(3);
    await settle();
    expect(await sweep(31)).toBe(true);
    expect([await left(), await account()]).toEqual([0, { stored: 1, duplicate: 0, quarantined: 0, expired: 3 }]);
  });

  it("is completed as what was begun with it before", async () => {
    await settle();
    const dies = async (): Promise<never> => {
      throw new Error("killed");
    };
    const asked = { ...deps(20), keys, tell: dies };
    await expect(discardQuarantined(asked, actor, "o", { id: `${receipt}:1`, reason: "r" })).rejects.toThrow("killed");
    expect(await sweep(31)).toBe(true);
    expect(await account()).toEqual({ stored: 1, duplicate: 0, quarantined: 0, discarded: 1, expired: 2 });
    expect(told).toHaveLength(1);
  });

  it("in another org that cannot be ended keeps nobody waiting", async () => {
    await settle();
    const base = { org_id: "odd", receipt_id: "no-receipt", index: 0, received_at: new Date(RECEIVED).toISOString() };
    await containers.quarantine.items.create({ ...base, ...item, id: "no-receipt:0", ttl: 1e7 });
    expect(await sweep(31)).toBe(false);
    expect(await account()).toMatchObject({ quarantined: 0, expired: 3 });
  });

  it("of no org is deleted", async () => {
    await createQuarantine(quarantine, claims).keepBytes("event hub partition 0 sequence 7", Buffer.from("what"));
    await settle();
    expect(await sweep(200)).toBe(true);
    expect(await quarantine.query(SERVICE_ORG_ID, { from: "0000", to: "A", limit: 10 })).toEqual([]);
  });
});

it("two sweeps and a discard at once end each event once", async () => {
  await settle();
  const discard = discardQuarantined({ ...deps(31), keys }, actor, "o", { id: `${receipt}:2`, reason: "r" });
  await Promise.all([sweep(31), sweep(31), discard.catch(() => undefined)]);
  expect(await sweep(31)).toBe(true);
  const { stored: first, discarded = 0, expired = 0, quarantined } = await account();
  expect([first, quarantined, discarded + expired]).toEqual([1, 0, 3]);
  expect(await left()).toBe(0);
});

it("a sweep whose stores do not answer ends without an error, and says that it is not at its end", async () => {
  await settle();
  const away = createCosmosQuarantineStore(containers.quarantine);
  const failing: QuarantineStore = {
    ...away,
    delete: async () => ({ status: "unavailable", retryAfterMs: 0, reason: "away" }),
  };
  expect(await sweep(31, { quarantine: failing })).toBe(false);
  expect(await account()).toMatchObject({ quarantined: 0, expired: 3 });
  expect(await sweep(31)).toBe(true);
  expect(await left()).toBe(0);
});

/** Settles a batch of an org of which every event waits in quarantine. */
async function fill(orgId: string, events: number): Promise<void> {
  const { receiptId } = mintReceipt(keys, orgId, RECEIVED, events);
  const kept = await createQuarantine(quarantine, claims).keepItems(orgId, receiptId, Array(events).fill(item));
  expect(kept.every(({ status }) => status === "written")).toBe(true);
  await settleEntries(ledger, [makeLedgerEntry(orgId, receiptId, Array(events).fill(inQuarantine))]);
}
const leftOf = async (orgId: string) => (await quarantine.query(orgId, { from: "0000", to: "A", limit: 1_000 })).length;

describe("orgs have turns in a sweep", () => {
  it("so that one with very much due keeps no other waiting, although it comes first by every order", async () => {
    await fill("a", 450);
    await settle();
    await fill("z", 3);
    let ended = 0;
    const counting: QuarantineStore = {
      ...quarantine,
      delete: (...given) => {
        ended++;
        return quarantine.delete(...given);
      },
    };
    const late: Deadline = { leftMs: () => 1, isOver: () => ended > 205 };
    expect(await sweep(31, { quarantine: counting }, late)).toBe(false);
    expect([await leftOf("o"), await leftOf("z")]).toEqual([0, 0]);
    expect(await leftOf("a")).toBe(450 - 200);
    expect(await sweep(31)).toBe(true);
    expect(await leftOf("a")).toBe(0);
  });

  it("of which each begins where the one before it ended, whatever could not be ended", async () => {
    await settle();
    // Their receipts are settled nowhere, so that they stay.
    for (const orgId of ["a", "b", "p", "q"]) {
      const { receiptId } = mintReceipt(keys, orgId, RECEIVED, 1);
      await createQuarantine(quarantine, claims).keepItems(orgId, receiptId, [item]);
    }
    const looked: string[] = [];
    const watching: QuarantineStore = {
      ...quarantine,
      read: (orgId, id) => {
        looked.push(orgId);
        return quarantine.read(orgId, id);
      },
    };
    const sweepTwo = async () => {
      looked.length = 0;
      const late: Deadline = { leftMs: () => 1, isOver: () => new Set(looked).size === 2 };
      expect(await sweep(31, { quarantine: watching }, late)).toBe(false);
      return [...new Set(looked)];
    };
    expect([await sweepTwo(), await sweepTwo(), await sweepTwo()]).toEqual([
      ["a", "b"],
      ["o", "p"],
      ["q", "a"],
    ]);
    expect(await leftOf("o")).toBe(0);
  });

  it("that goes on from the beginning where the place is not told, and without a place where it is not kept", async () => {
    await settle();
    const away = async (): Promise<never> => {
      throw new Error("away");
    };
    expect(await sweep(31, { place: { read: away, keep: away } })).toBe(true);
    expect(await left()).toBe(0);
  });
});
