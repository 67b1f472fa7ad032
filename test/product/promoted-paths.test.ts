import { beforeAll, describe, expect, it } from "vitest";
import { columnValue } from "../../shared/schema/promoted/columns-of.ts";
import { typeIdOf } from "../../shared/schema/registry/registry-ids.ts";
import { callAs } from "../support/people.ts";
import { cosmos, identity, type Json, makeOrg, product, type TestOrg, until } from "../support/product.ts";

const EVENT = "sold/here";
const PATHS = ["/cost", "/to/city", "/a:b"];

let org: TestOrg;
let admin: string;
const change = (body: object) => callAs(admin, "PATCH", "/api/v1/schemas/type", { event_type: EVENT, ...body });
const query = (where: readonly string[], more: Readonly<Record<string, string>> = {}) => {
  const asked = new URLSearchParams({ event_type: EVENT, from: "2026-01-01T00:00:00Z", ...more });
  for (const one of where) asked.append("where", one);
  return `/api/v1/events?${asked}`;
};
/** The answer as it is, also where it is not JSON. */
const ask = (path: string) =>
  fetch(new URL(path, product.baseUrl), { headers: { authorization: `Bearer ${org.key}` } });
const find = async (where: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<unknown[]> => {
  const { status, body } = await org.get(query(where, more));
  expect(status).toBe(200);
  return (body.events as Json[]).map(({ event_id }) => event_id);
};

/** Waits until an instance honours what is promoted: what it knows is up to half a minute old. */
async function honoured(where: string, properties: Json): Promise<void> {
  await until(async () => {
    const { body } = await org.post({ event_type: EVENT, timestamp: "2025-01-01T00:00:00Z", properties });
    await org.settled(body.receipt_id);
    return (await find([where], { from: "2024-01-01T00:00:00Z" })).length > 0 || undefined;
  }, 60_000);
}

const events = [
  { cost: 12, to: { city: "Köln" } },
  { cost: "12", to: { city: "x".repeat(5_000) } },
  { cost: true, to: { city: "Köln" }, "a:b": 'c"' },
  { cost: 12, to: { city: ["Köln"] }, "a:b": "" },
  { cost: { of: 12 }, to: "Köln" },
].map((properties, i) => ({
  ...{ event_id: `e-${i}`, event_type: EVENT, timestamp: new Date(Date.UTC(2026, 1, 1, i)).toISOString(), properties },
}));

beforeAll(async () => {
  org = await makeOrg();
  admin = (await identity.makeApiKey(org.orgId, ["schemas:read", "schemas:write", "schemas:manage"])).key;
  const type = { mode: "off", promote: PATHS };
  const made = await callAs(admin, "POST", "/api/v1/schemas", { event_type: EVENT, version: 1, schema: {}, type });
  expect(made.status).toBe(201);
  await honoured("/cost:0.5", { cost: 0.5 });
  const { body } = await org.post(events);
  await org.settled(body.receipt_id);
});

describe("events", () => {
  it.each([
    [["/cost:12"], ["e-3", "e-0"]],
    [['/cost:"12"'], ["e-1"]],
    [["/cost:true"], ["e-2"]],
    [
      ["/cost:1.2e1", '/cost:"12"', "/cost:99"],
      ["e-3", "e-1", "e-0"],
    ],
    [["/to/city:Köln"], ["e-2", "e-0"]],
    [["/to/city:Köln", "/cost:12"], ["e-0"]],
    [[`/to/city:${"x".repeat(1_900)}`], []],
    [['/a:b:c"'], ["e-2"]],
    [["/a:b:"], ["e-3"]],
    [["/cost:Köln"], []],
  ])("are found by %j", async (where, ids) => {
    expect(await find(where)).toEqual(ids);
  });

  it("are found page by page, by time, person and fields as well, and lines say the same", async () => {
    const first = await org.get(query(["/cost:12", "/cost:true"], { limit: "2", select: "event_id" }));
    expect(first.body.events).toEqual([{ event_id: "e-3" }, { event_id: "e-2" }]);
    const cursor = String(first.body.next_cursor);
    expect(await find(["/cost:true", "/cost:12"], { limit: "2", cursor })).toEqual(["e-0"]);
    expect((await org.get(query(["/cost:12"], { limit: "2", cursor }))).body.code).toBe("invalid_cursor");
    expect(await find(["/cost:12"], { to: "2026-02-01T02:00:00Z" })).toEqual(["e-0"]);
    expect(await find(["/cost:12"], { user_id: "nobody" })).toEqual([]);
    const lines = await ask(query(["/to/city:Köln"], { format: "ndjson", select: "event_id" }));
    expect(await lines.text()).toBe('{"event_id":"e-2"}\n{"event_id":"e-0"}\n');
    expect(lines.headers.get("x-complete-from")).toBe(first.body.complete_from);
  });

  it("show nothing of the columns, which their documents have", async () => {
    const p1 = columnValue(EVENT, "/cost", 12);
    const { resource } = await cosmos.containers.events.item("e-0", [org.orgId, "e-0"]).read<Json>();
    expect(resource).toMatchObject({
      p1,
      p2: columnValue(EVENT, "/to/city", "Köln"),
      properties: events[0]?.properties,
    });
    for (const path of [query(["/cost:12"]), "/api/v1/events/e-0", "/api/v1/events?event_id=e-0"])
      expect(await (await ask(path)).text()).not.toContain(p1);
  });
});

describe("the answer", () => {
  it("says from when on it is complete, as the type does, and nothing where nothing is asked by a path", async () => {
    const { body } = await org.get(query(["/cost:12"]));
    const type = (await callAs(admin, "GET", `/api/v1/schemas/type?${new URLSearchParams({ event_type: EVENT })}`))
      .body;
    expect(type.promoted).toEqual(PATHS.map((path) => ({ path, complete_from: body.complete_from })));
    expect(Date.parse(String(body.complete_from)) - Date.parse(String(type.created_at))).toBe(30_000);
    expect((await org.get(query([]))).body).not.toHaveProperty("complete_from");
  });

  it("is 400 for another path, and names those that work", async () => {
    const { status, body } = await org.get(query(["/other:1"]));
    expect([status, body.code, body.paths]).toEqual([400, "path_not_promoted", PATHS]);
    const none = await org.get("/api/v1/events?event_type=free&where=/cost:1");
    expect(none.body).toMatchObject({ code: "path_not_promoted", paths: [] });
    expect((await org.get("/api/v1/events?where=/cost:1")).body).toMatchObject({ parameter: "where" });
  });
});

describe("events of before", () => {
  const OLD = "sold before";
  const where = `/api/v1/events?event_type=${encodeURIComponent(OLD)}&from=2026-01-01T00:00:00Z&where=/cost:7`;
  const backfill = (key: string) => callAs(key, "POST", "/api/v1/schemas/type/backfill", { event_type: OLD });

  it("are found after a job, and until then the answer says from when on; the account stays as it was", async () => {
    const sent = Array.from({ length: 3 }, (_, i) => ({
      event_id: `old-${i}`,
      event_type: OLD,
      properties: { cost: 7 },
    }));
    const { body } = await org.post(sent);
    await org.settled(body.receipt_id);
    const made = { event_type: OLD, version: 1, schema: {}, type: { promote: ["/cost"] } };
    expect((await callAs(admin, "POST", "/api/v1/schemas", made)).status).toBe(201);
    const before = (await org.get(where)).body;
    expect([before.events, typeof before.complete_from]).toEqual([[], "string"]);
    // As if it had been promoted long ago, so that the job need not wait until every instance knows.
    const item = cosmos.containers.registry.item(typeIdOf(OLD), org.orgId);
    await item.patch([{ op: "set", path: "/promoted/0/since", value: "2026-01-01T00:00:00.000Z" }]);
    const account = (await org.get("/api/v1/ledger")).body.totals;
    const started = await backfill(admin);
    expect([started.status, started.headers.get("location")]).toEqual([202, `/api/v1/jobs/${started.body.job_id}`]);
    const job = await until(async () => {
      const found = (await org.get(`/api/v1/jobs/${started.body.job_id}`)).body;
      return found.state === "done" ? found : undefined;
    });
    expect(job).toMatchObject({ kind: "backfill-promoted", counts: { found: 3, none: 0 }, errors: [] });
    const after = (await org.get(where)).body;
    expect([(after.events as Json[]).length, after.complete_from]).toEqual([3, null]);
    const type = await callAs(admin, "GET", `/api/v1/schemas/type?event_type=${encodeURIComponent(OLD)}`);
    expect(type.body.promoted).toEqual([{ path: "/cost", complete_from: null }]);
    expect((await org.get("/api/v1/ledger")).body.totals).toEqual(account);
  });

  it("are looked for by who may manage schemas, where a type promotes something", async () => {
    const { key } = await identity.makeApiKey(org.orgId, ["schemas:write"]);
    expect(await backfill(key)).toMatchObject({ status: 403, body: { scope: "schemas:manage" } });
    const none = await callAs(admin, "POST", "/api/v1/schemas/type/backfill", { event_type: "never sold" });
    expect(none).toMatchObject({ status: 404, body: { code: "schema_not_found" } });
  });
});

describe("promoting", () => {
  it.each([
    ["six", ["/a", "/b", "/c", "/d", "/e", "/f"]],
    ["one twice", ["/a", "/a"]],
    ["what is no pointer", ["cost"]],
    ["all of them", [""]],
  ])("%s paths is 400", async (_, promote) => {
    expect(await change({ promote })).toMatchObject({ status: 400, body: { code: "invalid_body" } });
  });

  it("needs `schemas:manage`, and is in the trail with what was before", async () => {
    const { key } = await identity.makeApiKey(org.orgId, ["schemas:write"]);
    const refused = await callAs(key, "PATCH", "/api/v1/schemas/type", { event_type: EVENT, promote: [] });
    expect(refused).toMatchObject({ status: 403, body: { scope: "schemas:manage" } });
    expect((await change({ promote: PATHS })).body.promoted).toHaveLength(3);
  });

  it("another path in the column of one that was given up finds nothing of that one, and the others stay", async () => {
    expect((await change({ promote: ["/to/city", "/price", "/a:b"] })).status).toBe(200);
    expect((await org.get(query(["/cost:12"]))).body).toMatchObject({ code: "path_not_promoted" });
    expect(await find(["/price:12"])).toEqual([]);
    await honoured("/price:12", { price: 12, cost: 13 });
    expect(await find(["/price:12"])).toEqual([]);
    expect(await find(["/to/city:Köln"])).toEqual(["e-2", "e-0"]);
    const again = (await change({ promote: PATHS })).body.promoted as Json[];
    expect(Date.parse(String(again[0]?.complete_from))).toBeGreaterThan(Date.parse(String(again[1]?.complete_from)));
    expect(await find(["/cost:12"])).toEqual(["e-3", "e-0"]);
  });
});
