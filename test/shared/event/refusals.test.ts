import { PartitionKeyKind } from "@azure/cosmos";
import { CosmosError } from "@headrace/emulators/cosmos/errors.ts";
import type { CosmosGate } from "@headrace/emulators/cosmos/gate.ts";
import { describeError, respond } from "@headrace/emulators/cosmos/responses.ts";
import { expect, it } from "vitest";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import type { EventDocument } from "../../../shared/event/event-store.ts";
import { settleTogether } from "../../../shared/pipeline/settle-events.ts";
import { confirmRefusals } from "../../../shared/store/confirm-refusals.ts";
import type { WriteAnswer } from "../../../shared/store/cosmos.ts";
import type { LogFields } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";

const at = "2026-11-22T10:00:00.000Z";
const event = (id: string, more: Record<string, unknown> = {}): EventDocument => ({
  ...{
    id,
    org_id: "acme",
    event_id: id,
    event_type: "seen",
    timestamp: at,
    received_at: at,
    receipt_id: "r1",
    index: 0,
  },
  ...more,
});
/** The service says 400 of it: a time to live is a whole number. */
const bad = (id: string) => event(id, { ttl: 1.5 });
const noLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

it("a document that the container refuses while it takes another one is refused, and its neighbours are stored", async () => {
  const { cosmos } = await startCosmosAccount();
  const store = createCosmosEventStore(cosmos.containers.events);
  const results = await store.create([event("a"), bad("b"), event("c"), bad("d")]);
  expect(results.map(({ status }) => status)).toEqual(["written", "refused", "written", "refused"]);
  expect(results[1]).toMatchObject({ reason: expect.stringContaining("400: ") });
  expect((await store.create([bad("alone")]))[0]).toMatchObject({ status: "refused" });
  expect((await store.query("acme", { from: "0", to: "A", limit: 10 })).events.map(({ id }) => id)).toEqual(["c", "a"]);
});

it("a document that is too large is refused at once, by the one request", async () => {
  let requests = 0;
  const enter: CosmosGate["enter"] = async ({ route }) => {
    if (route.resourceType === "docs") requests++;
    return undefined;
  };
  const { cosmos } = await startCosmosAccount({ gate: { enter } });
  const store = createCosmosEventStore(cosmos.containers.events);
  const [result] = await store.create([event("large", { properties: { text: "x".repeat(2_200_000) } })]);
  expect(result).toMatchObject({ status: "refused", reason: expect.stringContaining("413") });
  expect(requests).toBe(1);
});

it("with a container on another partition key every event waits, and is stored when the container was made again", async () => {
  const account = await startCosmosAccount();
  await account.makeAgain("events", { partitionKey: { paths: ["/org_id"], kind: PartitionKeyKind.Hash, version: 2 } });
  const store = createCosmosEventStore(account.cosmos.containers.events);
  const events = [event("a"), event("b", { index: 1 }), event("c", { index: 2 })];
  const reason = "the container events is partitioned by /org_id, and must be by /org_id, /id";
  // One alone too: with this key the service would take it, and lose it with the container.
  for (const some of [events, events.slice(0, 1)]) {
    const waiting = await settleTogether(store, some, noLog);
    expect([...waiting.values()]).toEqual(some.map(() => ({ outcome: "open", retryAfterMs: 0, reason })));
  }
  await account.makeAgain("events");
  const settled = await settleTogether(store, events, noLog);
  expect([...settled.values()]).toEqual(events.map(() => ({ outcome: "stored" })));
});

it("a container that is made again on another key, under an instance that writes, lets every event wait", async () => {
  const account = await startCosmosAccount();
  const store = createCosmosEventStore(account.cosmos.containers.events);
  expect((await store.create([event("before"), event("too")])).map(({ status }) => status)).toEqual([
    "written",
    "written",
  ]);
  await account.makeAgain("events", { partitionKey: { paths: ["/org_id"], kind: PartitionKeyKind.Hash, version: 2 } });
  for (const some of [[event("a")], [event("a"), event("b")]])
    for (const result of await store.create(some)) expect(result.status).toBe("unavailable");
  await account.makeAgain("events");
  expect((await store.create([event("a"), event("b")])).map(({ status }) => status)).toEqual(["written", "written"]);
});

it("on an account whose consistency is too weak every event waits, and is stored once it is strong enough", async () => {
  let level: "Eventual" | "Session" = "Eventual";
  const { cosmos } = await startCosmosAccount({ consistency: () => level });
  const store = createCosmosEventStore(cosmos.containers.events);
  const reason = expect.stringContaining("ConsistencyLevel Session specified in the request is invalid");
  const waits = { status: "unavailable", retryAfterMs: 0, reason };
  expect(await store.create([event("a"), event("b")])).toEqual([waits, waits]);
  level = "Session";
  expect(await store.create([event("a"), event("b")])).toEqual([{ status: "written" }, { status: "written" }]);
});

/** 400 to everything about documents, and to containers too where `also` says so. */
function startRefusing(also: readonly string[] = []) {
  const state = { left: Number.POSITIVE_INFINITY };
  const enter: CosmosGate["enter"] = async ({ route }) => {
    if (![...also, "docs"].includes(route.resourceType) || state.left <= 0) return undefined;
    state.left--;
    return respond(describeError(new CosmosError(400, "ConsistencyLevel Session specified … is invalid")), "test");
  };
  return { state, gate: { enter } };
}

it.each([[[]], [["colls"]]])("while 400 is said of everything (documents and %j) nothing is refused", async (also) => {
  const { state, gate } = startRefusing(also);
  state.left = 0;
  const { cosmos } = await startCosmosAccount({ gate });
  const store = createCosmosEventStore(cosmos.containers.events);
  await store.create([event("first")]);
  const etag = (await store.findOccupants("acme", ["first"])).get("first")?.etag ?? "";
  state.left = Number.POSITIVE_INFINITY;
  const reason = expect.stringMatching(/(takes no other document either|cannot be read) \(400: .*ConsistencyLevel/);
  const waits = { status: "unavailable", retryAfterMs: 0, reason };
  expect(await store.create([event("a")])).toEqual([waits]);
  expect(await store.create([event("a"), event("b")])).toEqual([waits, waits]);
  expect(await store.replace(event("first", { receipt_id: "r2" }), etag)).toEqual(waits);
  state.left = 0;
  expect((await store.replace(event("first", { receipt_id: "r2" }), etag)).status).toBe("written");
  expect((await store.create([event("a"), event("b")])).map(({ status }) => status)).toEqual(["written", "written"]);
});

it("a 400 that is not said twice settles nothing: the document is stored", async () => {
  const { state, gate } = startRefusing();
  state.left = 0;
  const { cosmos } = await startCosmosAccount({ gate });
  const store = createCosmosEventStore(cosmos.containers.events);
  state.left = 1;
  expect(await store.create([event("a")])).toEqual([{ status: "written" }]);
});

it("a document that is too large beside others is quarantined, and its neighbours are stored", async () => {
  const { cosmos } = await startCosmosAccount();
  const store = createCosmosEventStore(cosmos.containers.events);
  const large = event("large", { properties: { text: "x".repeat(2_200_000) } });
  const settled = await settleTogether(store, [event("a"), { ...large, index: 1 }, event("b", { index: 2 })], noLog);
  expect([...settled.values()].map(({ outcome }) => outcome)).toEqual(["stored", "quarantined", "stored"]);
});

it("a tombstone that is gone is a conflict: the next look shows that the id is free", async () => {
  const { cosmos } = await startCosmosAccount();
  const store = createCosmosEventStore(cosmos.containers.events);
  expect(await store.replace(event("gone"), '"1"')).toEqual({ status: "conflict" });
});

it("refusals are not asked for again once nobody answers", async () => {
  const { cosmos } = await startCosmosAccount();
  let asked = 0;
  const again = async (): Promise<WriteAnswer> => {
    asked++;
    return { status: "unavailable", retryAfterMs: 0, reason: "no answer", isSilence: true };
  };
  const attempts = Array.from({ length: 150 }, () => ({
    answer: { status: "doubted", reason: "400" } as const,
    again,
  }));
  const results = await confirmRefusals(cosmos.containers.events, attempts);
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["unavailable"]));
  expect(asked).toBe(100);
});

it("a refusal is logged, with org, id and the store's reason", async () => {
  const { cosmos } = await startCosmosAccount();
  const lines: [string, LogFields | undefined][] = [];
  const log = { ...noLog, warn: (message: string, fields?: LogFields) => void lines.push([message, fields]) };
  const settled = await settleTogether(createCosmosEventStore(cosmos.containers.events), [bad("b")], log);
  expect([...settled.values()]).toMatchObject([{ outcome: "quarantined", mark: { code: "refused_by_store" } }]);
  const fields = { org_id: "acme", id: "b", reason: expect.stringContaining("400: ") };
  expect(lines).toEqual([["the store refuses an event; it goes to quarantine", fields]]);
});

it("a tombstone gives way to a later event only when that one is not refused", async () => {
  const { cosmos } = await startCosmosAccount();
  const store = createCosmosEventStore(cosmos.containers.events);
  await settleTogether(store, [bad("b")], noLog);
  const etag = (await store.findOccupants("acme", ["b"])).get("b")?.etag ?? "";
  expect((await store.replace(event("b", { receipt_id: "r2", ttl: 1.5 }), etag)).status).toBe("refused");
  expect((await store.replace(event("b", { receipt_id: "r2" }), etag)).status).toBe("written");
});
