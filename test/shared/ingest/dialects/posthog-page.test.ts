import { HttpRequest } from "@azure/functions";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../shared/event/event.ts";
import { findToken } from "../../../../shared/ingest/dialects/posthog/find-token.ts";
import { posthogPage } from "../../../../shared/ingest/dialects/posthog/page.ts";
import type { RawBatch } from "../../../../shared/ingest/raw-batch.ts";
import { takeTurns } from "../../../../shared/runtime/turn.ts";
import { findLost } from "../../../support/find-lost.ts";

const limits = { events: 100, eventBytes: 100_000 };
const KEY = "hrp_0000abcd_k1_0123456789abcdefghijklmnop";

function read(body: string, query = ""): Promise<RawBatch> {
  const request = new HttpRequest({ url: `https://headrace.test/e/${query}`, method: "POST" });
  return posthogPage.read(Buffer.from(body), request, limits, takeTurns());
}
const valuesOf = ({ events }: RawBatch): JsonObject[] =>
  events.map((event) => ("value" in event ? (event.value as JsonObject) : {}));
const base64 = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString("base64");

/** How pages of one version or another pack what they send. */
const packings: readonly ((json: unknown) => string)[] = [
  (json) => JSON.stringify(json),
  (json) => `data=${encodeURIComponent(base64(json))}`,
  (json) => `compression=base64&data=${encodeURIComponent(base64(json))}&ver=1.1`,
  (json) => `data=${base64(json)}`,
  (json) => `data=${encodeURIComponent(JSON.stringify(json))}`,
];

const text = fc.string({ minLength: 1, maxLength: 12 });
const object = fc.dictionary(text, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
const known = fc.record(
  {
    ...{ distinct_id: text, $device_id: text, $anon_distinct_id: text, $session_id: text, $elements_chain: text },
    ...{ $current_url: text, $referrer: text, title: text, $group_key: text, $group_set: object, alias: text },
    ...{ $set: object, token: fc.constant("mine") },
  },
  { requiredKeys: [] },
);
const event = fc
  .record(
    {
      event: fc.oneof(
        text,
        fc.constantFrom("$pageview", "$pageleave", "$autocapture", "$identify", "$groupidentify", "$create_alias"),
      ),
      ...{ uuid: text, timestamp: text, $set: object, $set_once: object, $unset: fc.array(text, { maxLength: 2 }) },
      ...{ offset: fc.oneof(fc.integer(), fc.double({ noNaN: true })), sent_at: text },
      properties: fc.tuple(object, known).map(([more, own]): JsonObject => ({ ...more, ...own })),
    },
    { requiredKeys: ["event", "properties"] },
  )
  .chain((own) => object.map((more) => ({ ...more, ...own })));
/** As JSON says it, without what an SDK sends as its key. */
const sound = (json: unknown): JsonObject[] =>
  JSON.parse(JSON.stringify(json, (_, value) => (Object.is(value, -0) ? 0 : value))) as JsonObject[];

const withoutKey = ({ api_key, token, ...own }: JsonObject): JsonObject => own;

it("each leaf of what a page sends is in its events, whatever the form and the packing", async () => {
  const forms: readonly ((events: readonly JsonObject[]) => unknown)[] = [
    (events) => ({ api_key: KEY, batch: events, sent_at: "2026-11-22T10:00:00.000Z" }),
    (events) => events,
    ([first]) => first,
  ];
  const any = fc.tuple(
    fc.array(event, { minLength: 1, maxLength: 3 }),
    fc.constantFrom(...forms),
    fc.constantFrom(...packings),
  );
  await fc.assert(
    fc.asyncProperty(any, fc.constantFrom("", "?ip=0&_=1795341600000&ver=1.1"), async ([events, form, pack], query) => {
      const sent = sound(events.map(withoutKey));
      const json = form(sent);
      const made = valuesOf(await read(pack(json), query));
      expect(made).toHaveLength(json === sent[0] ? 1 : sent.length);
      for (const [index, value] of made.entries()) expect(findLost(sent[index], value)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

describe("an event of a page", () => {
  const eventOf = async (sent: object): Promise<JsonObject | undefined> =>
    valuesOf(await read(JSON.stringify(sent)))[0];

  it("has its person, its session and no key among its properties", async () => {
    const properties = { token: KEY, distinct_id: "ada", $session_id: "s1", total: 12.5 };
    expect(await eventOf({ event: "Order Paid", uuid: "u", properties })).toMatchObject({
      ...{ event_id: "posthog:u", event_type: "Order Paid", user_id: "ada", session_id: "s1" },
      properties: { distinct_id: "ada", $session_id: "s1", total: 12.5 },
    });
    expect(JSON.stringify(await eventOf({ event: "x", properties }))).not.toContain(KEY);
    expect(await eventOf({ event: "x", properties: { token: "my own" } })).toMatchObject({
      properties: { token: "my own" },
    });
  });

  it("that identifies somebody has `$set` as its properties, and who they were before", async () => {
    const properties = { distinct_id: "ada", $anon_distinct_id: "anon-1", $os: "Linux" };
    const more = { $set: { email: "ada@example.com" }, $set_once: { first: "/" } };
    expect(await eventOf({ event: "$identify", properties, ...more })).toMatchObject({
      ...{ event_type: "identify", user_id: "ada", anonymous_id: "anon-1" },
      properties: { email: "ada@example.com", $os: "Linux" },
      context: { source: { event: "$identify", $set_once: { first: "/" } } },
    });
    // It would hide another one.
    expect(await eventOf({ event: "$identify", properties, $set: { $os: "BeOS" } })).toMatchObject({
      properties: { $os: "Linux", $set: { $os: "BeOS" } },
    });
    expect(await eventOf({ event: "seen", properties, ...more })).toMatchObject({ context: { source: more } });
  });

  it("has the time it was sent less its `offset`, where it has none, and an offset that is none says nothing", async () => {
    const timeOf = async (own: object, query: string) =>
      valuesOf(await read(JSON.stringify({ event: "x", properties: {}, ...own }), query))[0]?.timestamp;
    expect(await timeOf({ offset: 1_500 }, "?_=1795341601500")).toBe("2026-11-22T10:00:00.000Z");
    expect(await timeOf({ offset: 1_500, timestamp: "2026-11-22T09:00:00Z" }, "?_=1")).toBe("2026-11-22T09:00:00Z");
    expect(await timeOf({ offset: 1_500 }, "")).toBeUndefined();
    for (const offset of [1e300, -1e15, "1", null])
      expect(await timeOf({ offset }, "?_=1795341601500")).toBe(undefined);
  });

  it("is corrected by the clock that its body or its query tells", async () => {
    const sentAt = async (body: object, query: string) => (await read(JSON.stringify(body), query)).sentAt;
    const at = Date.parse("2026-11-22T10:00:00Z");
    const one = { event: "x" };
    expect(await sentAt({ batch: [one], sent_at: "2026-11-22T10:00:00Z" }, "?_=1")).toBe(at);
    expect(await sentAt({ ...one, sent_at: "2026-11-22T10:00:00Z" }, "")).toBe(at);
    expect(await sentAt([one], `?_=${at}`)).toBe(at);
    expect(await sentAt([one], `?sent_at=${at}&_=1`)).toBe(at);
    expect(await sentAt([one], "?sent_at=2026-11-22T10:00:00Z")).toBe(at);
    for (const query of ["", "?_=", "?_=x", "?_=-1", `?_=${"9".repeat(20)}`])
      expect(await sentAt([one], query)).toBe(undefined);
  });
});

describe("the key of a page's body", () => {
  const find = (body: string): Promise<string | undefined> => findToken(Buffer.from(body));

  it.each(packings)(
    "is found around the events, in the first one and among its properties (packing %#)",
    async (pack) => {
      for (const json of [
        { api_key: KEY, batch: [] },
        { token: KEY },
        { event: "x", properties: { token: KEY } },
        [{ event: "x", properties: { token: KEY } }, { properties: { token: "other" } }],
        [{ api_key: KEY, properties: { token: "other" } }],
      ])
        expect(await find(pack(json))).toBe(KEY);
      for (const json of [{}, [], [[]], [5], { properties: { properties: { token: KEY } } }, { token: 5 }])
        expect(await find(pack(json))).toBeUndefined();
    },
  );

  it("is not looked for again and again in what is nested", async () => {
    const depth = 30_000;
    const body = `${'{"properties":'.repeat(depth)}1${"}".repeat(depth)}`;
    const before = performance.now();
    expect(await find(body)).toBeUndefined();
    // Each level for itself would be 6 GB.
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe("a form", () => {
  it.each([
    ["neither base64 nor JSON", "data=%FF%00<>", "corrupt_body"],
    ["base64 of no JSON", `data=${Buffer.from("no JSON").toString("base64")}`, "invalid_json"],
    ["base64 of what is no text", "data=/////w==", "invalid_json"],
    ["nothing", "data=", "empty_body"],
    ["lz64", "data=NoIg9gTgJgdgLgUwM4FcCGAbA&compression=lz64", "invalid_json"],
    ["more than a page sends", `data=${"A".repeat(600_000)}`, "body_too_large"],
  ])("with %s is refused", async (_, body, code) => {
    await expect(read(body)).rejects.toMatchObject({ code });
  });

  it("is never a failure of the product, whatever it has", async () => {
    const field = fc.oneof(fc.string(), fc.base64String(), fc.json().map(base64), fc.json());
    const body = fc.oneof(
      field.map((data) => `data=${data}`),
      field.map((data) => `a=1&data=${encodeURIComponent(data)}&data=2`),
      fc.string().map((data) => `data=${data}&`),
    );
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const found = await Promise.all([read(sent), findToken(Buffer.from(sent))]).catch((error: unknown) => error);
        if (found instanceof Error) expect(["AppError", "SyntaxError"]).toContain(found.constructor.name);
      }),
      { numRuns: 500 },
    );
  });
});
