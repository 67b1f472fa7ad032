import { expect, it } from "vitest";
import type { ColumnStore } from "../../../../shared/event/column-store.ts";
import { createCosmosColumnStore } from "../../../../shared/event/cosmos-column-store.ts";
import { createCosmosEventStore } from "../../../../shared/event/cosmos-event-store.ts";
import type { EventDocument } from "../../../../shared/event/event-store.ts";
import type { JobOf, StepResult } from "../../../../shared/jobs/job.ts";
import { noDeadline } from "../../../../shared/runtime/deadline.ts";
import {
  type BackfillDeps,
  type BackfillParameters,
  createBackfillKind,
} from "../../../../shared/schema/backfill/backfill-promoted.ts";
import { planBackfill } from "../../../../shared/schema/backfill/start-backfill.ts";
import { columnValue } from "../../../../shared/schema/promoted/columns-of.ts";
import type { PromotedPath } from "../../../../shared/schema/promoted/promoted-path.ts";
import { createCosmosRegistryStore } from "../../../../shared/schema/registry/cosmos-registry-store.ts";
import type { SchemaTypeDocument } from "../../../../shared/schema/registry/registry-documents.ts";
import { typeIdOf } from "../../../../shared/schema/registry/registry-ids.ts";
import { startCosmosAccount } from "../../../support/cosmos-account.ts";

const ORG = "acme";
const SINCE = Date.UTC(2026, 10, 22, 10);
const since = new Date(SINCE).toISOString();
const MINUTE = 60_000;
const promoted: readonly PromotedPath[] = [
  { path: "/cost", column: "p1", since },
  { path: "/to/city", column: "p4", since },
];

function event(i: number, properties: EventDocument["properties"], more: Partial<EventDocument> = {}): EventDocument {
  // Several have one time, so that the ids decide.
  const at = new Date(SINCE + Math.floor(i / 3)).toISOString();
  return {
    ...{ id: `e${i}`, org_id: ORG, event_id: `e${i}`, event_type: "sold", timestamp: at, received_at: at },
    ...{ receipt_id: "r1", index: 0, ...(properties && { properties }), ...more },
  };
}

const type: SchemaTypeDocument = {
  ...{ id: typeIdOf("sold"), kind: "schema_type", org_id: ORG, event_type: "sold", owner: "", description: "" },
  ...{ mode: "off", compatibility: "none", created_at: since, created_by: "x", changed_at: since, versions: [] },
  promoted,
};

async function makeWorld() {
  const { cosmos } = await startCosmosAccount();
  const { containers } = cosmos;
  const registry = createCosmosRegistryStore(containers.registry);
  const [events, columns] = [createCosmosEventStore(containers.events), createCosmosColumnStore(containers.events)];
  await registry.commit(ORG, [{ create: type }]);
  const planned = await planBackfill(registry, ORG, "sold");
  const deps: BackfillDeps = { columns, registry, isIdle: async () => true, now: () => SINCE + MINUTE };
  const job: JobOf<BackfillParameters> = {
    ...{ id: "j", org_id: ORG, created_at: since },
    created_by: { subject: "member:m", client_address: "192.0.2.1", request_id: "r" },
    parameters: createBackfillKind(deps).parameters.parse(planned.parameters),
  };
  const step = (cursor: unknown, more: Partial<BackfillDeps> = {}): Promise<StepResult> =>
    createBackfillKind({ ...deps, ...more }).step(job, cursor, noDeadline);
  const readType = async () => {
    const found = await registry.readType(ORG, "sold");
    if (!found) throw new Error("the type is there");
    return found;
  };
  const promote = async (changed: readonly PromotedPath[]) => {
    const { value, etag } = await readType();
    await registry.commit(ORG, [{ replace: { ...value, promoted: changed }, etag }]);
  };
  const find = async (path: string, value: string | number) => {
    const { column = "p5" } = promoted.find((one) => one.path === path) ?? {};
    const asked = { column, values: [columnValue("sold", path, value)] };
    const page = { from: "0000", to: "A", limit: 500, eventTypes: ["sold"], columns: [asked] };
    return (await events.query(ORG, page)).events.map(({ id }) => id);
  };
  return {
    events,
    columns,
    registry,
    step,
    promote,
    find,
    containers,
    read: async () => (await readType()).value,
  };
}

/** Step by step to the end. */
async function run(step: (cursor: unknown) => Promise<StepResult>) {
  const counts = { found: 0, none: 0 };
  let steps = 0;
  for (let cursor: unknown = null; steps === 0 || cursor !== null; steps++) {
    const done = await step(cursor);
    counts.found += done.counts.found ?? 0;
    counts.none += done.counts.none ?? 0;
    expect(done.errors).toEqual([]);
    cursor = done.cursor;
  }
  return { counts, steps };
}

it("events of before are found by what their type promotes, page by page, and nothing else of them changes", async () => {
  const { events, step, find, read } = await makeWorld();
  const made = Array.from({ length: 230 }, (_, i) =>
    event(i, i % 5 === 0 ? undefined : { cost: i % 4, ...(i % 7 === 0 && { to: { city: "Köln" } }) }, {
      p2: "of before",
    }),
  );
  const other = event(900, { cost: 1 }, { event_type: "another" });
  await events.create([...made, other]);
  expect(await find("/cost", 1)).toEqual([]);
  expect(await run(step)).toEqual({ counts: { found: 184, none: 46 }, steps: 3 });
  const expected = made.filter(({ properties }) => properties?.cost === 1).map(({ id }) => id);
  expect((await find("/cost", 1)).sort()).toEqual(expected.sort());
  expect(await find("/to/city", "Köln")).toHaveLength(26);
  expect(await events.read(ORG, "e7")).toEqual({
    ...made[7],
    ...{ v: 1, p1: columnValue("sold", "/cost", 3), p4: columnValue("sold", "/to/city", "Köln") },
  });
  expect(await events.read(ORG, "e5")).toEqual({ ...made[5], v: 1 });
  expect(await events.read(ORG, "e900")).toEqual({ ...other, v: 1 });
  expect((await read()).promoted).toEqual(promoted.map((one) => ({ ...one, backfilled: true })));
});

it("a page that was filled before says the same, and writes nothing", async () => {
  const { events, columns, step } = await makeWorld();
  await events.create([event(1, { cost: 1 }), event(2, {}), event(3, { to: { city: "Ulm" } })]);
  const first = await step(null);
  const set: ColumnStore["set"] = async (_, changes) => {
    expect(changes).toEqual([]);
    return [];
  };
  expect(await step(null, { columns: { ...columns, set } })).toEqual(first);
  expect(first.counts).toEqual({ found: 2, none: 1 });
});

it.each([
  ["before every instance knows the paths", 0.4, true, false],
  ["while something is under way", 1, false, false],
  ["when nothing is under way", 1, true, true],
  ["when something always is", 11, false, true],
])("%s (%d min) a job begins or waits", async (_, minutes, isIdle, begins) => {
  const { events, step, find } = await makeWorld();
  await events.create([event(1, { cost: 1 })]);
  const world = { isIdle: async () => isIdle, now: () => SINCE + minutes * MINUTE };
  const first = await step(null, world);
  expect(first.cursor).toBe(begins ? null : "waiting");
  expect(await find("/cost", 1)).toHaveLength(begins ? 1 : 0);
  if (begins) return;
  expect(first).toMatchObject({ counts: {}, pauseSeconds: 5 });
  expect((await step(first.cursor, world)).cursor).toBe("waiting");
  expect((await step(first.cursor)).cursor).toBeNull();
  expect(await find("/cost", 1)).toHaveLength(1);
});

it("a path that is given up meanwhile is not filled, and one that came back since is not whole", async () => {
  const { events, step, promote, find, read } = await makeWorld();
  await events.create(Array.from({ length: 120 }, (_, i) => event(i, { cost: 1, to: { city: "Ulm" } })));
  const { cursor } = await step(null);
  const [cost, city] = promoted;
  if (!cost || !city) throw new Error("there are two");
  const back = { ...cost, since: new Date(SINCE + 1).toISOString() };
  await promote([back, city]);
  expect((await step(cursor)).cursor).toBeNull();
  expect((await find("/cost", 1)).length).toBe(100);
  expect(await find("/to/city", "Ulm")).toHaveLength(120);
  expect((await read()).promoted).toEqual([back, { ...city, backfilled: true }]);
  await promote([]);
  expect(await step(null)).toMatchObject({ cursor: null, counts: {} });
  expect((await read()).promoted).toEqual([]);
});

it("what others change meanwhile is looked at again; where they always do, the step is tried again", async () => {
  const { events, columns, step, find } = await makeWorld();
  await events.create([event(1, { cost: 1 }), event(2, { cost: 1 })]);
  let tries = 0;
  const touched: ColumnStore = {
    ...columns,
    list: async (...asked) => {
      const listed = await columns.list(...asked);
      const { etag } = (await events.findOccupants(ORG, ["e1"])).get("e1") ?? {};
      if (tries++ < 2 && etag) await events.replace(event(1, { cost: 1 }, { user_id: `u${tries}` }), etag);
      return listed;
    },
  };
  expect(await step(null, { columns: touched })).toMatchObject({ cursor: null, counts: { found: 2, none: 0 } });
  expect(tries).toBe(3);
  expect(await find("/cost", 1)).toEqual(["e2", "e1"]);
  expect(await events.read(ORG, "e1")).toMatchObject({ user_id: "u2" });
  const always: ColumnStore = { ...columns, set: async (_, all) => [...all, 1].map(() => ({ status: "conflict" })) };
  await expect(step(null, { columns: always })).rejects.toMatchObject({ code: "store_unavailable" });
});

it("an event of a newer release is left, and so is one that the store refuses; an outage is waited out", async () => {
  const { events, columns, containers, step, read } = await makeWorld();
  await events.create([event(1, { cost: 1 }), event(3, { cost: 1 })]);
  await containers.events.items.create({ ...event(2, { cost: 1 }), v: 99 });
  const refusing: ColumnStore = {
    ...columns,
    set: async (_, all) =>
      all.map(({ id }) => (id === "e1" ? { status: "refused", reason: "413" } : { status: "written" })),
  };
  const away: ColumnStore = {
    ...columns,
    set: async (_, all) => all.map(() => ({ status: "unavailable", retryAfterMs: 0, reason: "429" })),
  };
  await expect(step(null, { columns: away })).rejects.toMatchObject({ code: "store_unavailable" });
  expect((await read()).promoted).toEqual(promoted);
  expect(await step(null, { columns: refusing })).toMatchObject({
    cursor: null,
    errors: [
      { target: "e1", code: "refused", message: "413" },
      { target: "e2", code: "newer_format" },
    ],
  });
});

it("a type that promotes nothing has nothing to be filled", async () => {
  const { registry, promote } = await makeWorld();
  await promote([]);
  await expect(planBackfill(registry, ORG, "sold")).rejects.toMatchObject({ code: "path_not_promoted" });
  await expect(planBackfill(registry, ORG, "none")).rejects.toMatchObject({ code: "schema_not_found" });
});
