import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { beforeEach, describe, expect, it } from "vitest";
import { byType } from "../../../shared/ledger/account-sum.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { toTable } from "../../../shared/ledger/event-counts.ts";
import type { Delta, Head, Part } from "../../../shared/ledger/head.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";

const HOUR = Date.UTC(2026, 10, 22, 10) / 3_600_000;
const SLOT = "2026-11-22.0";
const byEvent = { by: "event", from: HOUR, to: HOUR + 10 } as const;
const byReceipt = { by: "receipt", from: HOUR, to: HOUR + 1 } as const;

let container: Container;
let store: LedgerStore;
beforeEach(async () => {
  const { cosmos } = await startCosmosAccount();
  container = cosmos.containers.ledger;
  store = createCosmosLedgerStore(container);
});

/** `count` events of an hour, received at once. */
function sums(hour: number, count: number, slot = SLOT) {
  const counts = { types: ["a"], rows: [[0, hour, count]] as const };
  return { org_id: "o", slot, counts, outcomes: [[HOUR, count, 0, 0]] as const };
}
const spanOf = (hour: number) => ({ first_hour: hour, last_hour: hour });
const delta = (id: number, hour: number, count: number, slot?: string): Delta => ({
  ...sums(hour, count, slot),
  id: `d.${id}`,
  kind: "delta",
  of: [],
});
const head = (n: number, hour: number, count: number): Head => ({
  ...sums(hour, count),
  ...spanOf(hour),
  id: "head",
  kind: "head",
  n,
  m: count,
});
const part = (n: number, hour: number, count: number): Part => ({
  ...sums(hour, count),
  ...spanOf(hour),
  id: `part.${n}`,
  kind: "part",
});

type Written = Delta | Head | Part;
const upsert = (document: Written): OperationInput => ({
  operationType: BulkOperationType.Upsert,
  resourceBody: document as unknown as JSONObject,
});
const remove = (id: string): OperationInput => ({ operationType: BulkOperationType.Delete, id });

/** What a merge, or another writer, does in one step. */
async function write(...operations: OperationInput[]): Promise<void> {
  const { result } = await container.items.batch(operations, ["o", SLOT]);
  expect(result?.every(({ statusCode }) => statusCode < 300)).toBe(true);
}

async function count(from: LedgerStore = store): Promise<number[]> {
  const { counts } = await readAccount(from, "o", byEvent);
  const { outcomes } = await readAccount(from, "o", byReceipt);
  const events = toTable(byType(counts)).rows.reduce((sum, [, , n]) => sum + n, 0);
  return [events, outcomes.get(HOUR)?.[0] ?? 0];
}

it("a head, its parts and open deltas are counted together with rollups and open entries", async () => {
  const rollup = {
    ...sums(HOUR, 100),
    ...spanOf(HOUR),
    id: "rollup.0",
    kind: "rollup",
    part: 0,
    seq: 1,
    sealed: false,
  };
  const entry = { ...sums(HOUR, 1_000), ...spanOf(HOUR), id: "e", kind: "entry", open: true, received_hour: HOUR };
  await container.items.create(rollup);
  await container.items.create({ ...entry, outcomes: [1_000, 0, 0] });
  // One without `open`: its delta counts.
  await container.items.create({ ...sums(HOUR, 3), id: "f", kind: "entry", received_hour: HOUR, outcomes: [3, 0, 0] });
  await write(upsert(head(1, HOUR, 1)), upsert(part(0, HOUR + 1, 2)), upsert(delta(1, HOUR + 2, 3)));
  await container.items.create(delta(2, HOUR + 3, 10, "2026-11-22.1"));
  expect(await count()).toEqual([1_116, 1_116]);
});

it("what is outside of the range is left out, whatever holds it", async () => {
  await write(upsert(head(1, HOUR - 1, 1)), upsert(part(0, HOUR + 10, 2)), upsert(delta(1, HOUR - 1, 3)));
  expect(await count()).toEqual([0, 6]);
});

it("a longer row of outcomes is read whole", async () => {
  const replayed = { ...delta(1, HOUR, 5), outcomes: [[HOUR, 5, 0, -1, 0, 0, 1]] as const };
  await write(upsert(replayed));
  const { outcomes } = await readAccount(store, "o", byReceipt);
  expect(outcomes.get(HOUR)).toEqual([5, 0, -1, 0, 0, 1]);
});

it.each(["head", "part", "delta"])("a %s of a newer release makes the account unavailable", async (kind) => {
  const { [kind]: document } = {
    head: head(0, HOUR, 1),
    part: part(0, HOUR, 1),
    delta: delta(1, HOUR, 1),
  } as const as Record<string, Written>;
  await container.items.create({ ...document, v: 2 });
  await expect(count()).rejects.toMatchObject({ code: "store_unavailable" });
});

const steps = {
  "the first merge": async () => write(upsert(head(0, HOUR, 3)), remove("d.1")),
  "a merge": async () => write(upsert(head(1, HOUR, 4)), remove("d.1")),
  "a merge that seals": async () => write(upsert(part(1, HOUR, 1)), upsert(head(2, HOUR + 1, 3)), remove("d.1")),
  "a merge that seals outside of the range": async () =>
    write(upsert(part(1, HOUR, 4)), upsert(head(2, HOUR + 50, 9)), remove("d.1")),
  "a repair": async () => write(upsert(head(0, HOUR, 6)), remove("part.0"), remove("d.1")),
};
const ports = ["listSums", "readOpen", "readSums"] as const;

describe.each(Object.keys(steps) as (keyof typeof steps)[])("%s beside a reader", (name) => {
  it.each(ports.flatMap((port) => [`before ${port}`, `after ${port}`]))("%s changes no count", async (at) => {
    if (name === "the first merge") await write(upsert(delta(1, HOUR, 3)));
    else await write(upsert(head(1, HOUR, 1)), upsert(part(0, HOUR, 2)), upsert(delta(1, HOUR, 3)));
    let left = 1;
    const once = async (here: string) => {
      if (here === at && left-- > 0) await steps[name]();
    };
    const watched = Object.fromEntries(
      ports.map((port) => [
        port,
        async (scope: never, take: never) => {
          await once(`before ${port}`);
          await store[port](scope, take);
          await once(`after ${port}`);
        },
      ]),
    );
    const { counts } = await readAccount({ ...store, ...watched }, "o", { ...byEvent, to: HOUR + 20 });
    const events = toTable(byType(counts)).rows.reduce((sum, [, , n]) => sum + n, 0);
    expect(events).toBe(name === "the first merge" ? 3 : 6);
  });
});
