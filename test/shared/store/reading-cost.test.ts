import { CosmosClient } from "@azure/cosmos";
import { type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { type CosmosEmulator, startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { auditDocument } from "../../../shared/access/documents/audit-entry.ts";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import type { EventDocument, EventQuery, EventStore } from "../../../shared/event/event-store.ts";
import { createCosmosQuarantineStore } from "../../../shared/quarantine/cosmos-quarantine-store.ts";
import type { QuarantineQuery } from "../../../shared/quarantine/quarantine-store.ts";
import { databaseName } from "../../../shared/store/containers.ts";
import { type Cosmos, connectCosmos } from "../../../shared/store/cosmos.ts";

/*
 * The cost of a page of events, in request units of the emulator's model, which counts each index entry that is walked
 * over.
 */

const LARGE = 20_000;
const SMALL = 200;
/** Of each org's events, one in so many has the person, the type and the version that are asked for. */
const ONE_IN = 20;

let requests: RequestRecord[] = [];
let emulator: CosmosEmulator;
let cosmos: Cosmos;
let events: EventStore;
const noToken = { getToken: async () => null };

const at = (i: number): string => new Date(Date.UTC(2026, 10, 22) + i * 1_000).toISOString();
/** The wanted events lie last in time, and first among it, wherever the walk begins. */
const makeEvent = (org_id: string, i: number, isWanted: boolean): EventDocument => ({
  ...{ id: `e${i}`, org_id, event_id: `e${i}`, timestamp: at(i), received_at: at(i), receipt_id: "r1", index: 0 },
  ...(isWanted
    ? { event_type: "failed", user_id: "mary", schema_version: 2, p3: "wanted" }
    : { event_type: "clicked", user_id: `user-${i % 997}`, schema_version: 1, p3: `p-${i % 997}` }),
});

async function fill(org: string, count: number): Promise<void> {
  // The person's events are the oldest: a walk of the times from the newest passes over all others.
  const made = Array.from({ length: count }, (_, i) => makeEvent(org, i, i < SMALL / ONE_IN));
  for (let i = 0; i < count; i += 1_000) await events.create(made.slice(i, i + 1_000));
}

beforeAll(async () => {
  const gate = watchRequests((record) => requests.push(record));
  emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", gate });
  await provisionCosmos(emulator, noToken);
  cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
    throw new Error("it has a key");
  });
  events = createCosmosEventStore(cosmos.containers.events);
  await fill("small", SMALL);
  await fill("large", LARGE);
});
afterAll(async () => {
  cosmos.close();
  await emulator.close();
});
beforeEach(() => {
  requests = [];
});

const day: EventQuery = { from: at(0), to: at(86_400), limit: 100 };

async function costOf(org: string, query: Partial<EventQuery>): Promise<number> {
  requests = [];
  await events.query(org, { ...day, ...query });
  return requests.reduce((sum, { charge }) => sum + charge, 0);
}

it.each<[string, Partial<EventQuery>]>([
  ["a person's", { userIds: ["mary"] }],
  ["a type's", { eventTypes: ["failed"] }],
  ["a person's of a type", { userIds: ["mary"], eventTypes: ["failed"] }],
  ["a person's of several types", { userIds: ["mary"], eventTypes: ["failed", "clicked"] }],
  ["a type's of a version", { eventTypes: ["failed"], schemaVersions: [2] }],
  ["a page further on", { userIds: ["mary"], after: { timestamp: at(5), id: "e5" } }],
  ["of nobody", { userIds: ["nobody"] }],
  ["a promoted value's", { columns: [{ column: "p3", values: ["wanted"] }], eventTypes: ["failed"] }],
  ["of a value that no event has", { columns: [{ column: "p5", values: ["none"] }], eventTypes: ["clicked"] }],
])("%s events of a day cost the same in an org with a hundred times more", async (_, query) => {
  const small = await costOf("small", query);
  expect(await costOf("large", query)).toBeCloseTo(small, 0);
  expect(small).toBeLessThan(10);
});

it("a page of the newest costs by its length, also beside an org whose events are all newer", async () => {
  const page = await costOf("large", { limit: 50 });
  // The times of `small` lie far below those of `large`: an index of times alone would have to be walked through all of
  // them.
  expect(await costOf("small", { limit: 50 })).toBeCloseTo(page, -1);
  expect(page).toBeLessThan(20);
});

it("several people's or types' events cost what each of them does, in an org of any size", async () => {
  const one = await costOf("large", { userIds: ["mary"] });
  const none = await costOf("large", { userIds: ["nobody"] });
  const people = ["mary", ...Array.from({ length: 9 }, (_, i) => `nobody-${i}`)];
  expect(await costOf("large", { userIds: people })).toBeCloseTo(one + 9 * none, 0);
  const small = await costOf("small", { eventTypes: ["failed", "none", "never"] });
  expect(await costOf("large", { eventTypes: ["failed", "none", "never"] })).toBeCloseTo(small, 0);
});

it("a page of several types costs little more than one of as many events", async () => {
  const whole = await costOf("large", { limit: 100 });
  expect(await costOf("large", { limit: 100, eventTypes: ["clicked", "failed"] })).toBeLessThan(whole * 2);
});

it("a page costs less when less of each event is asked for", async () => {
  const whole = await costOf("large", { limit: 100 });
  expect(await costOf("large", { limit: 100, fields: ["event_id"] })).toBeLessThan(whole * 0.75);
});

it("a filter that fits no composite index walks the times, and pays for it", async () => {
  const small = await costOf("small", { schemaVersions: [2] });
  expect(await costOf("large", { schemaVersions: [2] })).toBeGreaterThan(small * 10);
});

it("a page of an org's audit trail costs the same beside an org with a hundred times more lines, all of them newer", async () => {
  const documents = createCosmosIdentityDocuments(cosmos.containers.identity);
  const actor = { subject: "operator:o1", clientAddress: "unknown", requestId: "r1" };
  const write = async (org: string, from: number, count: number): Promise<void> => {
    for (let i = from; i < from + count; i += 100) {
      const lines = Array.from({ length: 100 }, (_, n) =>
        auditDocument(org, actor, Date.parse(at(i + n)), { action: "key.created", target: `key:${i + n}` }),
      );
      expect(
        await documents.commit(
          org,
          lines.map((create) => ({ create })),
        ),
      ).toBe(true);
    }
  };
  const cost = async (): Promise<number> => {
    requests = [];
    expect(await documents.findAudit("small", { limit: 50 })).toHaveLength(50);
    return requests.reduce((sum, { charge }) => sum + charge, 0);
  };
  await write("small", 0, 100);
  const alone = await cost();
  await write("large", 100, 10_000);
  expect(await cost()).toBeCloseTo(alone, 0);
});

it("a page of the quarantine costs the same beside an org with many more, by its length; counting costs by thousands", async () => {
  const store = createCosmosQuarantineStore(cosmos.containers.quarantine);
  const make = (org: string, count: number): Promise<unknown> =>
    store.create(
      Array.from({ length: count }, (_, i) => ({
        ...{ id: `${org}:${i}`, org_id: org, receipt_id: "r", index: i, received_at: at(i), path: "user_id" },
        ...{ code: i < 20 ? ("too_deep" as const) : ("wrong_type" as const), event_type: `type-${i % 20}` },
        ...{ message: "expected a text, found a number", raw: { text: "x".repeat(500) } },
      })),
    );
  const cost = async (org: string, query: Partial<QuarantineQuery>): Promise<number> => {
    requests = [];
    await store.query(org, { from: at(0), to: at(86_400), limit: 100, ...query });
    return requests.reduce((sum, { charge }) => sum + charge, 0);
  };
  await make("small", 200);
  await make("large", 10_000);
  const queries: Partial<QuarantineQuery>[] = [{ limit: 50 }, { code: "too_deep" }, { eventType: "type-1", limit: 10 }];
  for (const query of queries) {
    const small = await cost("small", query);
    expect(await cost("large", query)).toBeCloseTo(small, -1);
    expect(small).toBeLessThan(20);
  }
  expect(await cost("large", { limit: 1_000 })).toBeLessThan(200);
});

it("a container of an earlier version gets its indexes at the next start, and keeps its events", async () => {
  const client = new CosmosClient({ endpoint: emulator.endpoint, key: emulator.key });
  const container = client.database(databaseName).container("events");
  const { resource } = await container.read();
  const older = { ...resource?.indexingPolicy, compositeIndexes: [] };
  const definition = { id: "events", defaultTtl: -1, indexingPolicy: older };
  if (resource?.partitionKey) await container.replace({ ...definition, partitionKey: resource.partitionKey });
  await expect(events.query("small", { ...day, userIds: ["mary"] })).rejects.toThrow();

  await provisionCosmos(emulator, noToken);
  expect((await container.read()).resource?.indexingPolicy).toEqual(resource?.indexingPolicy);
  const { events: found } = await events.query("small", { ...day, userIds: ["mary"] });
  expect(found).toHaveLength(SMALL / ONE_IN);
  client.dispose();
});
