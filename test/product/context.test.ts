import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { containers } from "../../shared/store/containers.ts";
import { type Json, makeOrg, type TestOrg } from "../support/product.ts";

const event = (event_id: string, more: Json = {}): Json => ({ event_id, event_type: "seen", ...more });
const nested = (depth: number): Json => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`) as Json;
const names = (count: number): Json => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

/** The contexts of these events, as they are read back. */
async function contextsOf(org: TestOrg, ids: readonly string[]): Promise<unknown[]> {
  const answers = await Promise.all(ids.map((id) => org.get(`/api/v1/events/${id}`)));
  return answers.map(({ body }) => (body.event as Json).context);
}

describe("the context of an event", () => {
  it("is stored and read back, alone and in a page", async () => {
    const org = await makeOrg();
    const context = { app: { version: "1.2" }, 語: [null, { a: 1 }] };
    const { body } = await org.post([event("a", { context }), event("b", { context: null }), event("c")]);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 3 });
    expect(await contextsOf(org, ["a", "b", "c"])).toEqual([context, undefined, undefined]);
    const { body: page } = await org.get("/api/v1/events");
    expect((page.events as Json[]).find(({ event_id }) => event_id === "a")?.context).toEqual(context);
  });

  it("is its own members, and those that the batch has beside them", async () => {
    const org = await makeOrg();
    const { status, body } = await org.post({
      context: { app: { version: "1.2", build: 7 }, locale: "de" },
      events: [event("a"), event("b", { context: { app: { version: "2" }, os: "x" } }), event("c", { context: {} })],
    });
    expect(status).toBe(202);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 3 });
    const shared = { app: { version: "1.2", build: 7 }, locale: "de" };
    expect(await contextsOf(org, ["a", "b", "c"])).toEqual([
      shared,
      { app: { version: "2" }, locale: "de", os: "x" },
      shared,
    ]);
  });

  it.each([
    ["[]", "wrong_type", "context"],
    ['"x"', "wrong_type", "context"],
    [JSON.stringify(nested(21)), "too_deep", `context${".a".repeat(20)}`],
    [JSON.stringify(names(2_001)), "too_many_keys", "context"],
    ['{"a":{"b":1,"b":2}}', "repeated_name", "context.a.b"],
    ['{"n":[9007199254740993]}', "number_not_exact", "context.n[0]"],
    ['{"n":1e999}', "invalid_value", "context.n"],
    [JSON.stringify({ a: "x".repeat(256 * 1024) }), "too_large", ""],
  ])("that is not as it must be is quarantined with its event alone: %.40s is %s", async (context, code, path) => {
    const org = await makeOrg();
    const { status, body } = await org.post(`[{"event_type":"x","context":${context}},{"event_type":"x"}]`);
    expect([status, body.quarantined]).toEqual([202, 1]);
    expect(body.results).toMatchObject([{ index: 0, code, path: path === "" ? "events[0]" : `events[0].${path}` }]);
  });

  it.each([
    ["[]", "context"],
    ["7", "context"],
    [JSON.stringify(nested(21)), `context${".a".repeat(20)}`],
    [JSON.stringify(names(2_001)), "context"],
    ['{"a":{"b":1,"b":2}}', "context.a.b"],
    ['{"n":[9007199254740993]}', "context.n[0]"],
    ['{"n":1e999}', "context.n"],
    [JSON.stringify({ a: "x".repeat(256 * 1024) }), "context"],
  ])(
    "of a batch that is not as it must be is a 400 that names it, and nothing is taken: %.40s",
    async (context, path) => {
      const org = await makeOrg();
      for (const text of [
        `{"events":[{"event_type":"x"}],"context":${context}}`,
        `{"context":${context},"events":[{"event_type":"x"}]}`,
      ]) {
        const { status, body } = await org.post(text);
        expect([status, body.code, body.path]).toEqual([400, "invalid_body", path]);
      }
      expect((await org.get("/api/v1/events")).body.events).toEqual([]);
    },
  );

  it("that is too much together with the batch's quarantines its event alone", async () => {
    const org = await makeOrg();
    const context = Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`own${i}`, i]));
    const { status, body } = await org.post({ context: names(1_500), events: [event("a", { context }), event("b")] });
    expect([status, body.quarantined]).toEqual([202, 1]);
    expect(body.results).toMatchObject([{ index: 0, code: "too_many_keys", path: "events[0].context" }]);
  });

  it("of a batch does not make a small body into a large one that nobody bounds", async () => {
    const org = await makeOrg();
    const events = Array.from({ length: 1_000 }, () => ({ event_type: "x" }));
    const batch = (bytes: number) => gzipSync(JSON.stringify({ events, context: { a: "x".repeat(bytes) } }));
    const refused = await org.post(batch(9_000));
    expect([refused.status, refused.body.code, refused.body.limit]).toEqual([413, "body_too_large", 8 * 1024 * 1024]);
    const taken = await org.post(batch(4_000));
    expect([taken.status, taken.body.accepted]).toEqual([202, 1_000]);
  });

  it("is on no path that the store indexes", () => {
    expect(containers.events.indexedPaths.filter((path) => /^\/(\*|context)/.test(path))).toEqual([]);
  });
});
