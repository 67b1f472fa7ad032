import { beforeEach, describe, expect, it } from "vitest";
import { checkEvents } from "../../../../shared/ingest/check-events.ts";
import { parseBody } from "../../../../shared/ingest/parse-body.ts";
import { createCompiledSchemas } from "../../../../shared/ingest/schemas/compiled-schemas.ts";
import { createOpenJudge, type OpenJudge } from "../../../../shared/ingest/schemas/judge-events.ts";
import { takeTurns } from "../../../../shared/runtime/turn.ts";
import type { JsonSchema } from "../../../../shared/schema/json-schema.ts";
import { compileSchema } from "../../../../shared/schema/judge/compile-schema.ts";
import { columnValue } from "../../../../shared/schema/promoted/columns-of.ts";
import type { OrgSchemas, TypeContract, VersionContract } from "../../../../shared/schema/registry/org-schemas.ts";
import { createHashKeys } from "../../../../shared/secrets/hash-keys.ts";
import { createMemorySecretVault } from "../../../support/memory-secret-vault.ts";

const hashKeys = createHashKeys(createMemorySecretVault(Date.now));
const limits = { bodyBytes: 1e6, unpackedBytes: 1e6, events: 5_000, eventBytes: 1e6, eventTypes: 1_000 };
const total = (type: string): JsonSchema => ({ properties: { total: { type } }, required: ["total"] });

type Versions = Readonly<Record<number, readonly [VersionContract["status"], JsonSchema]>>;

function contract(mode: TypeContract["mode"], versions: Versions): TypeContract {
  const entries = Object.entries(versions).map(
    ([version, [status, schema]]) => [Number(version), { status, schema }] as const,
  );
  return { mode, versions: new Map(entries), promoted: [] };
}

let compiled: number;
let org: OrgSchemas | undefined;
let open: OpenJudge;

beforeEach(() => {
  compiled = 0;
  const schemas = createCompiledSchemas((schema, turns) => {
    compiled++;
    return compileSchema(schema, turns);
  });
  open = createOpenJudge({ schemas: { read: async () => org }, compiled: schemas, hashKeys });
});

const know = (types: Readonly<Record<string, TypeContract>>, strict = false): void => {
  org = { strict, generation: "1", types: new Map(Object.entries(types)) };
};

/** What the envelope has of each event, and what is answered of those that are not valid. */
async function take(...events: object[]) {
  const turns = takeTurns();
  const judge = await open("acme");
  const batch = await parseBody(Buffer.from(JSON.stringify(events)), limits, turns);
  const { items, results } = await checkEvents(batch, Date.now(), limits, turns, judge);
  return { items: items.map((text) => JSON.parse([text].flat().join(""))), results };
}

const paid = (properties: object | null, rest: object = {}) => ({ event_type: "paid", properties, ...rest });

describe("an event of a type with a schema", () => {
  it("that fits is stored with the version that judged it", async () => {
    know({ paid: contract("enforce", { 1: ["active", total("number")] }) });
    const { items, results } = await take(paid({ total: 5 }), { event_type: "free", properties: {} });
    expect(results).toEqual([]);
    expect(items[0].e).toMatchObject({ schema_version: 1, properties: { total: 5 } });
    expect(items[1].e).not.toHaveProperty("schema_version");
  });

  it("that does not fit is quarantined under `enforce`, with path, message and version, as it was sent", async () => {
    know({ paid: contract("enforce", { 2: ["active", total("number")] }) });
    const { items, results } = await take(paid({ total: "5" }), paid(null), paid({ total: 5 }));
    expect(results).toMatchObject([
      {
        ...{ index: 0, result: "quarantined", code: "schema_mismatch", path: "events[0].properties.total" },
        message: "found a text of 1 characters, expected a number (version 2)",
      },
      { index: 1, result: "quarantined", code: "schema_mismatch", path: "events[1].properties.total" },
    ]);
    expect(items[0].q).toMatchObject({
      ...{ code: "schema_mismatch", path: "properties.total", schema_version: 2, event_type: "paid" },
      raw: { text: JSON.stringify(paid({ total: "5" })) },
    });
    expect(items[2].e).toMatchObject({ schema_version: 2 });
  });

  it("that does not fit is stored under `warn`, with a bounded warning, and under `off` as if there were no schema", async () => {
    know({
      paid: contract("warn", { 1: ["active", { additionalProperties: false }] }),
      sold: contract("off", { 1: ["active", total("number")] }),
    });
    const { items, results } = await take(paid({ ["x".repeat(1_000)]: 1 }), { event_type: "sold", properties: {} });
    expect(results).toEqual([]);
    const [warning] = items[0].e.schema_warnings;
    expect(warning).toMatchObject({ code: "schema_mismatch", message: expect.stringContaining("(version 1)") });
    expect(warning.path.length).toBeLessThan(210);
    expect(items[0].e.schema_version).toBe(1);
    expect(items[1].e).not.toHaveProperty("schema_version");
    expect(items[1].e).not.toHaveProperty("schema_warnings");
  });

  it("that takes too many steps to judge is not judged: `enforce` keeps it out, `warn` says so", async () => {
    const each: JsonSchema = { additionalProperties: { items: { type: "number" } } };
    const long = { a: Array.from({ length: 20_000 }, () => 1) };
    know({ paid: contract("enforce", { 1: ["active", each] }) });
    expect((await take(paid(long))).results).toMatchObject([
      { code: "schema_too_costly", path: "events[0].properties" },
    ]);
    know({ paid: contract("warn", { 1: ["active", each] }) });
    expect((await take(paid(long))).items[0].e.schema_warnings).toMatchObject([{ code: "schema_too_costly" }]);
  });
});

describe("an event of a type with promoted paths", () => {
  const promoted = [
    { path: "/total", column: "p2" },
    { path: "/to/city", column: "p4" },
  ] as const;

  it("has their values in its columns, whatever its mode and version, also when it only gets a warning", async () => {
    know({
      paid: { ...contract("warn", { 1: ["active", total("number")] }), promoted },
      sold: { ...contract("off", {}), promoted },
      free: { ...contract("enforce", { 1: ["draft", {}] }), promoted },
      other: contract("off", {}),
    });
    const to = { city: "Köln" };
    const { items, results } = await take(
      ...[paid({ total: 5, to }), paid({ total: "5" }, { schema_version: 9 }), paid({}), paid(null)],
      ...["sold", "free", "other"].map((event_type) => ({ event_type, properties: { total: 5 } })),
    );
    expect(results).toEqual([]);
    expect(items[0].e).toMatchObject({
      ...{ schema_version: 1, properties: { total: 5, to } },
      ...{ p2: columnValue("paid", "/total", 5), p4: columnValue("paid", "/to/city", "Köln") },
    });
    const columns = items.map(({ e: { p1, p2, p3, p4, p5 } }) => [p1, p2, p3, p4, p5]);
    const only = (type: string, value: number | string) => [undefined, columnValue(type, "/total", value)];
    expect(columns.slice(1).map((some) => some.slice(0, 2))).toEqual([
      ...[only("paid", "5"), [undefined, undefined], [undefined, undefined]],
      ...[only("sold", 5), only("free", 5), [undefined, undefined]],
    ]);
  });

  it("may send as much as any other, and names no column itself", async () => {
    know({ paid: { ...contract("off", {}), promoted } });
    const sent = { event_id: "e", timestamp: "2026-11-22T10:00:00.000Z", ...paid({ total: "x" }) };
    const [stored] = (await take(sent)).items;
    const { p2, ...rest } = stored.e;
    const most = JSON.stringify(rest).length;
    const turns = takeTurns();
    const batch = await parseBody(Buffer.from(JSON.stringify([sent])), limits, turns);
    const { results } = await checkEvents(batch, Date.now(), { ...limits, eventBytes: most }, turns, await open("a"));
    expect(results).toEqual([]);
    expect((await take({ ...sent, p2 })).results).toMatchObject([{ code: "unknown_field", path: "events[0].p2" }]);
  });
});

describe("the version of an event", () => {
  const versions: Versions = {
    1: ["retired", {}],
    2: ["deprecated", total("string")],
    3: ["active", total("number")],
    4: ["active", total("boolean")],
    5: ["draft", {}],
  };

  it("is the oldest active one when it names none; one that is named may be deprecated", async () => {
    know({ paid: contract("enforce", versions) });
    const { items, results } = await take(
      ...[
        paid({ total: 1 }),
        paid({ total: 1 }, { schema_version: null }),
        paid({ total: "1" }, { schema_version: 2 }),
      ],
      ...[paid({ total: true }, { schema_version: 4 }), paid({ total: 1 }, { schema_version: 4 })],
    );
    expect(items.slice(0, 4).map(({ e }) => e?.schema_version)).toEqual([3, 3, 2, 4]);
    expect(results).toMatchObject([{ index: 4, code: "schema_mismatch" }]);
    expect(items[4].q.schema_version).toBe(4);
  });

  it.each([
    [1, "version 1, which is retired"],
    [5, "version 5, which is a draft"],
    [9, "version 9, which is not registered"],
  ])(
    "that is %i cannot be judged by: quarantined under `enforce`, a warning under `warn`",
    async (schema_version, what) => {
      know({ paid: contract("enforce", versions) });
      const message = `found ${what}, expected 2 or 3 or 4`;
      const problem = { code: "schema_version_unknown", message };
      const { items, results } = await take(paid({}, { schema_version }));
      expect(results).toMatchObject([{ ...problem, path: "events[0].schema_version" }]);
      expect(items[0].q).toMatchObject({ ...problem, schema_version });
      know({ paid: contract("warn", versions) });
      const [stored] = (await take(paid({}, { schema_version }))).items;
      expect(stored.e).toMatchObject({ schema_version, schema_warnings: [{ ...problem, path: "schema_version" }] });
    },
  );

  it("does not matter where none is in force: the type is free", async () => {
    know({ paid: contract("enforce", { 1: ["draft", {}] }) });
    expect((await take(paid({}))).results).toEqual([]);
  });
});

it("a type that nobody registered is free, and refused where the org is strict; platform types never are", async () => {
  const events = [{ event_type: "other" }, { event_type: "page_view" }, { event_type: "constructor" }];
  know({});
  expect((await take(...events)).results).toEqual([]);
  know({}, true);
  expect((await take(...events)).results).toMatchObject([
    { index: 0, code: "type_unknown", path: "events[0].event_type" },
    { index: 2, code: "type_unknown" },
  ]);
});

it("an event that is not valid is judged by no schema: its first fault stays", async () => {
  know({ paid: contract("enforce", { 1: ["active", total("number")] }) });
  const { results } = await take(paid({}, { user_id: 5 }), { event_type: 7 }, paid({}, { schema_version: 0 }));
  expect(results.map(({ code }) => code)).toEqual(["wrong_type", "wrong_type", "invalid_value"]);
});

it("a schema is compiled once, once more when it has changed, and not when something else has", async () => {
  const types = { paid: contract("enforce", { 1: ["active", total("number")] }) };
  know(types);
  await take(paid({ total: 1 }), paid({ total: 2 }));
  await take(paid({ total: 1 }));
  expect(compiled).toBe(1);
  know({ ...structuredClone(types), sold: contract("off", {}) });
  await take(paid({ total: 1 }));
  expect(compiled).toBe(1);
  know({ paid: contract("enforce", { 1: ["active", total("string")] }) });
  expect((await take(paid({ total: 1 }))).results).toMatchObject([{ code: "schema_mismatch" }]);
  expect(compiled).toBe(2);
});

it("an org whose schemas take more than its share has each request judged by as many as fit, and says so of the rest", async () => {
  const large: JsonSchema = { properties: Object.fromEntries(Array.from({ length: 1_900 }, (_, i) => [`k${i}`, {}])) };
  const names = Array.from({ length: 10 }, (_, i) => `t${i}`);
  know(Object.fromEntries(names.map((name) => [name, contract("enforce", { 1: ["active", large] })])));
  const { results } = await take(...names.map((event_type) => ({ event_type })));
  expect(results.length).toBeGreaterThan(2);
  expect(results.length).toBeLessThan(8);
  expect(new Set(results.map(({ code }) => code))).toEqual(new Set(["schema_too_costly"]));
});

it("an org without schemas is judged by nothing, and one whose schemas cannot be read is not taken", async () => {
  org = undefined;
  expect(await open("acme")).toBeUndefined();
  const away = createOpenJudge({
    schemas: { read: () => Promise.reject(new Error("away")) },
    compiled: createCompiledSchemas(compileSchema),
    hashKeys,
  });
  await expect(away("acme")).rejects.toThrow("away");
});
