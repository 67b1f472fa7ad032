import { beforeAll, describe, expect, it } from "vitest";
import type { KeyScope } from "../../shared/identity/roles.ts";
import { addMember, callAs, enter, type Member, makeEmptyOrg } from "../support/people.ts";
import { cosmos, documents, identity, type Json, makeOrg, request } from "../support/product.ts";

const SCHEMAS = "/api/v1/schemas";
const schema = {
  ...{ type: "object", properties: { total: { type: "number" } }, required: ["total"] },
  additionalProperties: false,
};
const wider = { ...schema, properties: { ...schema.properties, note: { type: "string" } } };
const narrower = { ...wider, required: ["total", "note"] };

type By = Pick<Member, "call">;
const register = (by: By, body: object) =>
  by.call("POST", SCHEMAS, { event_type: "paid", version: 1, schema, ...body });
const check = (by: By, body: object) =>
  by.call("POST", `${SCHEMAS}/check`, { event_type: "paid", version: 1, schema, ...body });
const at = (path: string, query: Record<string, string>) => `${SCHEMAS}/${path}?${new URLSearchParams(query)}`;

async function makeAdmin(): Promise<Member> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ada", "admin");
  return enter("ada", orgId);
}

async function makeCaller(orgId: string, scopes: readonly KeyScope[]): Promise<By> {
  const { key } = await identity.makeApiKey(orgId, scopes);
  return { call: (method, path, body) => callAs(key, method, path, body) };
}

async function trailOf(by: By, action: string): Promise<Json[]> {
  return (await by.call("GET", `/api/v1/audit?action=${action}`)).body.entries as Json[];
}

describe("a version of a type", () => {
  let ada: Member;
  beforeAll(async () => {
    ada = await makeAdmin();
  });

  it("is registered, listed with the platform's types, read back, and told once", async () => {
    const settings = { owner: "checkout", description: "an order is paid", mode: "enforce", compatibility: "full" };
    const sent = { examples: [{ total: 1 }], description: "the first", type: settings };
    const made = await register(ada, sent);
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({
        ...{ event_type: "paid", version: 1, status: "active", mode: "enforce", compatibility: "full" },
        ...{ created: true, breaks: [] },
      }),
    ]);
    const type = { event_type: "paid", platform: false, ...settings, latest_version: 1, default_version: 1 };
    const listed = (await ada.call("GET", SCHEMAS)).body;
    expect(listed).toMatchObject({ strict: false });
    const types = listed.types as Json[];
    expect(types[0]).toMatchObject(type);
    expect(types.slice(1).map((one) => [one.event_type, one.platform])).toContainEqual(["page_view", true]);
    const read = (await ada.call("GET", at("type", { event_type: "paid" }))).body;
    const state = { version: 1, status: "active", created_by: `member:${ada.memberId}`, retired_at: null };
    expect(read).toMatchObject({ ...type, versions: [state] });
    const version = (await ada.call("GET", at("version", { event_type: "paid", version: "1" }))).body;
    expect(version).toMatchObject({ ...state, schema, examples: [{ total: 1 }], description: "the first" });
    const trail = await trailOf(ada, "schema.registered");
    expect(trail).toMatchObject([
      {
        actor: `member:${ada.memberId}`,
        target: "schema:paid",
        details: { version: 1, status: "active" },
        request_id: made.body.request_id,
      },
    ]);
    const again = await register(ada, { ...sent, schema: Object.fromEntries(Object.entries(schema).reverse()) });
    expect([again.status, again.body.created]).toEqual([200, false]);
    expect(await trailOf(ada, "schema.registered")).toEqual(trail);
  });

  it.each<[string, object, string]>([
    ["exists with another schema", { schema: wider }, "`schema`"],
    ["exists with other examples", { examples: [{ total: 2 }] }, "`examples`"],
    ["skips one", { version: 3 }, "gap"],
  ])("that %s is 409 with what is there", async (_, body, detail) => {
    const event_type = `paid ${JSON.stringify(body)}`;
    await register(ada, { event_type });
    for (const send of [register, check]) {
      const refused = await send(ada, { event_type, ...body });
      expect(refused).toMatchObject({
        status: 409,
        body: { code: "schema_version_conflict", versions: [{ version: 1, status: "active" }], next_version: 2 },
      });
      expect(refused.body.detail).toContain(detail);
    }
  });

  it.each<[string, object, string]>([
    ["is not a schema", { schema: { type: "text" } }, "/schema/type"],
    ["is no object", { schema: true }, "/schema"],
    ["leads elsewhere", { schema: { $ref: "https://example.com/s" } }, "/schema/$ref"],
    ["has an example that does not fit", { examples: [{ total: 1 }, { total: "1" }] }, "/examples/1"],
    ["has an example that no event could have", { examples: [{ total: 1, a: deep(30) }] }, "/examples/0"],
    ["has examples that are too large", { schema: {}, examples: [{ a: "x".repeat(70_000) }] }, "/examples"],
  ])("that %s is 422 with a JSON pointer", async (_, body, pointer) => {
    for (const send of [register, check]) {
      const refused = await send(ada, { event_type: "unfit", ...body });
      expect(refused).toMatchObject({ status: 422, body: { code: "schema_invalid", problems: [{ pointer }] } });
    }
    expect((await ada.call("GET", at("type", { event_type: "unfit" }))).status).toBe(404);
  });

  it("that breaks the rule is 409 with each difference, and an admin may force it with a reason", async () => {
    const event_type = "broken";
    await register(ada, { event_type, schema: wider });
    const next = { event_type, version: 2, schema: narrower };
    for (const send of [register, check]) {
      const refused = await send(ada, next);
      expect(refused).toMatchObject({
        status: 409,
        body: {
          code: "schema_incompatible",
          compatibility: "backward",
          breaks: [{ version: 1, direction: "backward", pointer: expect.stringContaining("/") }],
        },
      });
    }
    const forced = await register(ada, { ...next, force: { reason: "nobody sends it yet" } });
    expect(forced).toMatchObject({ status: 201, body: { created: true, breaks: [{ version: 1 }] } });
    const read = await ada.call("GET", at("version", { event_type, version: "2" }));
    expect(read.body.forced).toBe("nobody sends it yet");
    const [line] = await trailOf(ada, "schema.registered");
    expect(line?.details).toMatchObject({ version: 2, forced: "nobody sends it yet", breaks: 1 });
    expect((await register(ada, { event_type: "other", schema: narrower })).status).toBe(201);
  });

  it("that is pushed by two at once is one's; the other gets 409", async () => {
    const bodies = [schema, wider].map((one) => ({ event_type: "raced", schema: one }));
    const answers = await Promise.all(bodies.map((body) => register(ada, body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const events = Array.from({ length: 5 }, (_, i) => ({ event_type: `raced ${i}` }));
    const others = await Promise.all(events.map((body) => register(ada, body)));
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 201));
    expect(await trailOf(ada, "schema.registered")).toSatisfy(
      (lines: Json[]) => lines.filter(({ target }) => target === "schema:raced").length === 1,
    );
  });

  it.each(["a/b", "..", "支払い済み", "__proto__", "a?b=c&d#e%2Ff", "x".repeat(200), "Ω\\ö"])(
    "of the type %j is found by it, and by nothing else",
    async (event_type) => {
      expect((await register(ada, { event_type })).status).toBe(201);
      const query = { event_type, version: "1" };
      expect((await ada.call("GET", at("version", query))).body).toMatchObject({ event_type, schema });
      expect((await ada.call("GET", at("type", { event_type: `${event_type.slice(0, 150)}!` }))).status).toBe(404);
    },
  );

  it("goes from draft over active and deprecated to retired, and no other way", async () => {
    const event_type = "aging";
    await register(ada, { event_type, status: "draft" });
    const become = (status: string, version = 1) =>
      ada.call("PATCH", `${SCHEMAS}/version`, { event_type, version, status });
    expect(await become("deprecated")).toMatchObject({
      status: 409,
      body: { code: "schema_status_conflict", allowed: ["active", "retired"] },
    });
    for (const status of ["active", "deprecated", "active", "deprecated", "retired"] as const) {
      expect(await become(status)).toMatchObject({ status: 200, body: { status } });
    }
    expect((await become("retired")).status).toBe(200);
    expect((await become("active")).body).toMatchObject({ code: "schema_status_conflict", allowed: [] });
    expect((await become("active", 7)).status).toBe(404);
    const lines = (await trailOf(ada, "schema.status_changed")).filter(({ target }) => target === "schema:aging");
    expect(lines).toHaveLength(5);
    const { resource } = await cosmos.containers.registry.item("schemas", ada.orgId).read();
    const { versions } = (resource.types as Json[]).find((one) => one.event_type === event_type) as Json;
    expect(versions).toEqual([{ version: 1, status: "retired" }]);
  });

  it("that was a draft is held against what became active meanwhile, in both directions", async () => {
    const event_type = "late";
    await register(ada, { event_type });
    await register(ada, { event_type, version: 2, schema: wider, status: "draft" });
    await register(ada, { event_type, version: 3, schema: { ...wider, required: [] } });
    const activate = (more = {}) =>
      ada.call("PATCH", `${SCHEMAS}/version`, { event_type, version: 2, status: "active", ...more });
    expect((await activate()).status).toBe(200);
    await register(ada, { event_type, version: 4, schema: { ...wider, required: [] }, status: "draft" });
    await ada.call("PATCH", `${SCHEMAS}/type`, { event_type, compatibility: "none" });
    await register(ada, { event_type, version: 5, schema: { type: "object", maxProperties: 1 } });
    await ada.call("PATCH", `${SCHEMAS}/type`, { event_type, compatibility: "backward" });
    const refused = await ada.call("PATCH", `${SCHEMAS}/version`, { event_type, version: 4, status: "active" });
    expect(refused).toMatchObject({ status: 409, body: { code: "schema_incompatible", breaks: [{ version: 5 }] } });
  });

  it("is checked without being written", async () => {
    const orgId = await makeEmptyOrg();
    const reader = await makeCaller(orgId, ["schemas:read"]);
    expect(await check(reader, { event_type: "dry" })).toMatchObject({ status: 200, body: { created: true } });
    const { resources } = await cosmos.containers.registry.items
      .query("SELECT * FROM c", { partitionKey: orgId })
      .fetchAll();
    expect(resources).toEqual([]);
    expect((await documents.read("org", orgId, "org"))?.value.has_state ?? false).toBe(true);
    const state = await documents.read("org_state", orgId, "state");
    expect(state?.value.has_schemas).toBeUndefined();
    const writer = await makeCaller(orgId, ["schemas:write"]);
    expect((await register(writer, { event_type: "dry" })).status).toBe(201);
    expect((await documents.read("org_state", orgId, "state"))?.value.has_schemas).toBe(true);
  });
});

describe("a type and the org's settings", () => {
  it("are changed by who may, each change told", async () => {
    const ada = await makeAdmin();
    await register(ada, {});
    const change = (by: By, body: object) => by.call("PATCH", `${SCHEMAS}/type`, { event_type: "paid", ...body });
    const pusher = await makeCaller(ada.orgId, ["schemas:write"]);
    expect(await change(pusher, { owner: "billing" })).toMatchObject({ status: 200, body: { owner: "billing" } });
    for (const more of [{ mode: "off" }, { compatibility: "none" }])
      expect(await change(pusher, more)).toMatchObject({ status: 403, body: { scope: "schemas:manage" } });
    expect(await change(ada, { mode: "off" })).toMatchObject({ status: 200, body: { mode: "off", owner: "billing" } });
    expect((await change(ada, {})).body).toMatchObject({ code: "invalid_body" });
    expect((await change(ada, { event_type: "none", mode: "off" })).status).toBe(404);
    const lines = await trailOf(ada, "schema_type.changed");
    expect(lines.map(({ details }) => details)).toEqual([
      { mode: { before: "warn", now: "off" } },
      { owner: { before: "", now: "billing" } },
    ]);
    expect(await ada.call("PATCH", SCHEMAS, { strict: true })).toMatchObject({ status: 200, body: { strict: true } });
    expect((await ada.call("PATCH", SCHEMAS, { strict: true })).status).toBe(200);
    expect(await trailOf(ada, "schema_settings.changed")).toMatchObject([{ details: { strict: true } }]);
    expect((await ada.call("GET", SCHEMAS)).body.strict).toBe(true);
  });

  it("of the platform are read and nobody's to change", async () => {
    const ada = await makeAdmin();
    const read = await ada.call("GET", at("version", { event_type: "page_view", version: "1" }));
    expect(read.body).toMatchObject({ platform: true, schema: { type: "object" } });
    const type = { event_type: "page_view" };
    expect((await ada.call("GET", at("type", type))).body).toMatchObject({
      platform: true,
      versions: [{ version: 1 }],
    });
    for (const refused of [
      await register(ada, type),
      await check(ada, type),
      await ada.call("PATCH", `${SCHEMAS}/type`, { ...type, mode: "off" }),
      await ada.call("PATCH", `${SCHEMAS}/version`, { ...type, version: 1, status: "retired" }),
    ])
      expect(refused).toMatchObject({ status: 409, body: { code: "schema_read_only" } });
  });
});

describe("who may", () => {
  it("read and check: viewers and members; register and force: admins; push: a key with its scope", async () => {
    const ada = await makeAdmin();
    await register(ada, { schema: wider });
    const breaking = { version: 2, schema: narrower };
    for (const [person, role] of [
      ["ben", "viewer"],
      ["cleo", "member"],
    ] as const) {
      await addMember(ada.orgId, person, role);
      const one = await enter(person, ada.orgId);
      expect((await one.call("GET", SCHEMAS)).status).toBe(200);
      expect((await check(one, { event_type: "new" })).status).toBe(200);
      for (const refused of [
        await register(one, { event_type: "new" }),
        await one.call("PATCH", SCHEMAS, { strict: true }),
        await one.call("PATCH", `${SCHEMAS}/type`, { event_type: "paid", owner: "me" }),
        await one.call("PATCH", `${SCHEMAS}/version`, { event_type: "paid", version: 1, status: "retired" }),
      ])
        expect(refused).toMatchObject({ status: 403, body: { code: "scope_missing" } });
    }
    const pusher = await makeCaller(ada.orgId, ["schemas:write", "schemas:manage"]);
    expect((await register(pusher, { event_type: "pushed" })).status).toBe(201);
    const forced = await register(pusher, { ...breaking, force: { reason: "I may not" } });
    expect(forced).toMatchObject({ status: 403, body: { scope: "schemas:force" } });
    expect((await pusher.call("GET", SCHEMAS)).status).toBe(403);
  });
});

it.each<[string, object | undefined]>([
  ["newer", { v: 2 }],
  ["spoiled", { types: "none" }],
  ["gone", undefined],
])("an org whose schemas are %s gets 503 for a change, and no other org does", async (_, damage) => {
  const [org, other] = [await makeOrg(), await makeOrg()];
  const [one, another] = await Promise.all([org, other].map(({ orgId }) => makeCaller(orgId, ["schemas:write"])));
  if (!one || !another) throw new Error("no callers");
  await register(one, {});
  const item = cosmos.containers.registry.item("schemas", org.orgId);
  if (damage) await item.replace({ ...(await item.read()).resource, ...damage });
  else await item.delete();
  const refused = await register(one, { event_type: "next" });
  expect(refused).toMatchObject({ status: 503, body: { code: "store_unavailable" } });
  expect((await register(another, {})).status).toBe(201);
});

it.each([
  ["its empty document", false],
  ["its state said so", true],
])("a first registration that was killed after %s was written is completed by the next one", async (_, marked) => {
  const orgId = await makeEmptyOrg();
  const by = await makeCaller(orgId, ["schemas:write"]);
  const empty = { id: "schemas", kind: "org_schemas", org_id: orgId, v: 1, strict: false, types: [], told: false };
  await cosmos.containers.registry.items.create(empty);
  const state = cosmos.containers.identity.item("state", orgId);
  if (marked) await state.replace({ ...(await state.read()).resource, has_schemas: true });
  expect((await register(by, {})).status).toBe(201);
  expect((await state.read()).resource).toMatchObject({ has_schemas: true });
  const { resource } = await cosmos.containers.registry.item("schemas", orgId).read();
  expect(resource).toMatchObject({ told: true, types: [{ event_type: "paid" }] });
});

it("a line of the trail that an instance was killed before telling is told by the next change", async () => {
  const ada = await makeAdmin();
  await register(ada, {});
  const line = {
    ...{ auditId: "audit:019d0000-0000-7000-8000-000000000000", at: "2026-11-30T12:00:00.000Z" },
    ...{ action: "schema_settings.changed", target: "schemas", details: { strict: false } },
    actor: { subject: "member:x", clientAddress: "192.0.2.1", requestId: "r" },
  };
  await cosmos.containers.registry.items.create({ id: "line:x", kind: "schema_line", org_id: ada.orgId, v: 1, line });
  await register(ada, {});
  expect(await trailOf(ada, "schema_settings.changed")).toMatchObject([{ actor: "member:x", timestamp: line.at }]);
  const query = 'SELECT * FROM c WHERE c.kind = "schema_line"';
  expect(
    (await cosmos.containers.registry.items.query(query, { partitionKey: ada.orgId }).fetchAll()).resources,
  ).toEqual([]);
});

it("a body of 40,000 levels is refused as any other that is not fit", async () => {
  const { key } = await makeOrg(["schemas:write"]);
  const nested = `${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`;
  const headers = { authorization: `Bearer ${key}` };
  for (const part of [`"schema": ${nested}`, `"schema": {}, "examples": [${nested}]`]) {
    const body = `{"event_type": "deep", "version": 1, ${part}}`;
    const refused = await request(SCHEMAS, { method: "POST", headers, body });
    expect(refused).toMatchObject({ status: 422, body: { code: "schema_invalid" } });
  }
});

function deep(levels: number): object {
  return levels === 0 ? {} : { a: deep(levels - 1) };
}
