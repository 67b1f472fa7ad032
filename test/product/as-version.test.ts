import { beforeAll, describe, expect, it } from "vitest";
import { callAs } from "../support/people.ts";
import { type Json, makeOrg, type TestOrg } from "../support/product.ts";

const of = (name: string) => ({ type: "object", properties: { [name]: { type: "number" } }, required: [name] });
const EVENT = "paid/late";
const query = (more: Record<string, string>) =>
  `/api/v1/events?${new URLSearchParams({ event_type: EVENT, from: "2026-01-01T00:00:00Z", ...more })}`;

let org: TestOrg;
const register = (body: object) =>
  callAs(org.key, "POST", "/api/v1/schemas", { event_type: EVENT, status: "active", ...body });

/** Old and new ones in turns, and one that names no version. */
const events = Array.from({ length: 7 }, (_, i) => {
  const version = i % 2 === 0 ? { schema_version: 1 } : { schema_version: 2 };
  return {
    ...{ event_id: `e-${i}`, event_type: EVENT, timestamp: new Date(Date.UTC(2026, 1, 1, i)).toISOString() },
    ...(i === 6 ? {} : version),
    properties: i % 2 === 0 ? { cost: i } : { total: i },
  };
});

beforeAll(async () => {
  org = await makeOrg();
  // Before there is a schema: one that judged an event that names no version would give it its own.
  const { body } = await org.post(events);
  await org.settled(body.receipt_id);
  const type = { compatibility: "none", mode: "warn" };
  expect((await register({ version: 1, schema: of("cost"), examples: [{ cost: 1 }], type })).status).toBe(201);
  const mapping = [{ op: "rename", from: "/cost", to: "/total" }];
  expect((await register({ version: 2, schema: of("total"), examples: [{ total: 1 }], mapping })).status).toBe(201);
  expect((await register({ version: 2, schema: of("total"), examples: [{ total: 1 }], mapping })).status).toBe(200);
  expect((await register({ version: 2, schema: of("total"), examples: [{ total: 1 }] })).body).toMatchObject({
    code: "schema_version_conflict",
    detail: expect.stringContaining("`mapping`"),
  });
});

describe("a field that has another name from version 2 on", () => {
  it("is read under its new name in one query over old and new events, page by page, and each event says so", async () => {
    const found: Json[] = [];
    for (let cursor: unknown = ""; cursor !== null; ) {
      const at = cursor === "" ? {} : { cursor: String(cursor) };
      const { status, body } = await org.get(query({ as_version: "2", limit: "2", ...at }));
      expect(status).toBe(200);
      found.push(...(body.events as Json[]));
      cursor = body.next_cursor;
    }
    expect(
      found.map(({ event_id, schema_version, properties, mapped_from }) => [
        ...[event_id, schema_version, properties, mapped_from],
      ]),
    ).toEqual(events.map(({ event_id }, i) => [event_id, 2, { total: i }, i % 2 === 0 ? 1 : undefined]).reverse());
  });

  it("is stored as it was sent, and so it is read without `as_version`", async () => {
    const { body } = await org.get(query({ schema_version: "1" }));
    const [first] = body.events as Json[];
    expect(first).toMatchObject({ event_id: "e-4", schema_version: 1, properties: { cost: 4 } });
    expect(first).not.toHaveProperty("mapped_from");
  });

  it("is read so with a choice of fields", async () => {
    const { body } = await org.get(query({ as_version: "2", select: "event_id,properties", limit: "1" }));
    expect(body.events).toEqual([{ event_id: "e-6", properties: { total: 6 }, mapped_from: 1 }]);
    const ids = await org.get(query({ as_version: "2", select: "event_id", limit: "1" }));
    expect(ids.body.events).toEqual([{ event_id: "e-6" }]);
  });
});

describe("`as_version`", () => {
  it("without a path of mappings is 400, and names the versions that work", async () => {
    expect((await register({ version: 3, schema: of("sum") })).status).toBe(201);
    const refused = await org.get(query({ as_version: "3" }));
    expect(refused).toMatchObject({ status: 400, body: { code: "no_mapping", versions: [3] } });
    expect((await org.get(query({ as_version: "3", schema_version: "3" }))).status).toBe(200);
    expect((await org.get(query({ as_version: "2" }))).body).toMatchObject({ code: "no_mapping", versions: [1, 2] });
    const some = new URLSearchParams([
      ["schema_version", "1"],
      ["schema_version", "2"],
    ]);
    expect((await org.get(`${query({ as_version: "2" })}&${some}`)).body.events).toHaveLength(6);
  });

  it.each<[string, string]>([
    ["goes with no type", "/api/v1/events?as_version=1"],
    ["goes with two types", "/api/v1/events?as_version=1&event_type=a&event_type=b"],
    ["is of a type without a schema", "/api/v1/events?as_version=1&event_type=none"],
    ["is no version of the type", query({ as_version: "9" })],
  ])("that %s is 400", async (_, path) => {
    expect(await org.get(path)).toMatchObject({
      status: 400,
      body: { code: "invalid_parameter", parameter: "as_version" },
    });
  });
});

it("a mapping of a first version, or by which examples do not fit, is 422", async () => {
  const mapping = [{ op: "rename", from: "/cost", to: "/total" }];
  const first = await register({ event_type: "first", version: 1, schema: of("total"), mapping });
  expect(first).toMatchObject({ status: 422, body: { problems: [{ pointer: "/mapping" }] } });
  await register({ event_type: "next", version: 1, schema: of("cost"), examples: [{ cost: 1 }] });
  const next = { event_type: "next", version: 2, schema: of("sum"), mapping };
  const unfit = await register(next);
  expect(unfit).toMatchObject({ status: 422, body: { problems: [{ pointer: "/mapping" }] } });
});
