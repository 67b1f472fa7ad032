import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryTransport } from "../../sdk/src/testing.ts";
import { toJson } from "../../sdk/src/to-json.ts";
import { openClient } from "./support.ts";

const circle: Record<string, unknown> = { name: "a" };
circle.self = circle;
const twice = { n: 1 };
const deep = Array.from({ length: 30 }).reduce<object>((inner) => ({ inner }), {});
const throwing = {
  good: 1,
  get bad(): never {
    throw new Error("no");
  },
};
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error("no");
    },
    ownKeys: () => {
      throw new Error("no");
    },
  },
);

describe("a value that JSON has not", () => {
  it.each<[string, unknown, unknown]>([
    ["a BigInt is its digits", { n: 608548899684111178n }, { n: "608548899684111178" }],
    ["a Date is its time", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
    ["a Date that is none is null", { at: new Date(Number.NaN) }, { at: null }],
    [
      "a Map is an object",
      {
        m: new Map<unknown, unknown>([
          ["a", 1],
          [2, new Set(["x"])],
        ]),
      },
      { m: { a: 1, 2: ["x"] } },
    ],
    ["a typed array is an array", { a: new Uint8Array([1, 2]), b: new Float64Array([0.5]) }, { a: [1, 2], b: [0.5] }],
    ["undefined, functions and symbols are left out", { a: undefined, b: () => 1, c: Symbol("s"), d: 1 }, { d: 1 }],
    ["in an array they are null", { a: [undefined, () => 1, 2] }, { a: [null, null, 2] }],
    ["NaN and infinity are null", { a: Number.NaN, b: -Infinity }, { a: null, b: null }],
    ["a cycle is told", circle, { name: "a", self: "[circular]" }],
    ["the same object twice is no cycle", { a: twice, b: twice }, { a: { n: 1 }, b: { n: 1 } }],
    ["a getter that throws is told", throwing, { good: 1, bad: "[unreadable]" }],
    ["an object that throws on all is told", { a: hostile, b: 1 }, { a: "[unreadable]", b: 1 }],
    [
      "an Error is its name and message",
      { e: Object.assign(new RangeError("far"), { code: 7 }) },
      { e: { name: "RangeError", message: "far", code: 7 } },
    ],
    ["toJSON is asked", { a: { toJSON: () => ({ b: 1n }) } }, { a: { b: "1" } }],
    [
      "a toJSON that throws is told",
      {
        a: {
          toJSON: () => {
            throw new Error("no");
          },
        },
      },
      { a: "[unreadable]" },
    ],
    ["a URL is its text", { u: new URL("https://a.example/b") }, { u: "https://a.example/b" }],
    ["__proto__ is a name as any other", JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
  ])("%s", (_, given, expected) => {
    expect(JSON.parse(toJson(given as object))).toEqual(expected);
  });

  it("as deep as the API takes it stays, and what is deeper is told", () => {
    const text = toJson({ properties: deep });
    expect(text.match(/inner/g)).toHaveLength(20);
    expect(text).toContain("[too deep]");
  });

  it("what JSON has comes through as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toJson({ value })).toBe(JSON.stringify({ value }));
      }),
    );
  });

  it("any value at all becomes JSON", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(fc.property(anything, (value) => void JSON.parse(toJson({ value }))));
  });
});

describe("track", () => {
  it("does not throw nor reject, whatever it is given", async () => {
    const transport = createMemoryTransport();
    const { client } = openClient({ endpoint: "https://a.example", fetch: transport.fetch });
    const track = client.track as (...given: unknown[]) => Promise<unknown>;
    const badText = {
      toString: () => {
        throw new Error("no");
      },
    };
    const calls: unknown[][] = [
      [],
      [undefined],
      [null, null, null],
      [Symbol("x")],
      [badText, {}, {}],
      ["a", badText],
      ["a", hostile],
      ["a", {}, hostile],
      ["a", {}, { eventId: badText }],
      ["a", {}, { timestamp: new Date(Number.NaN) }],
      ["a", [1n]],
      ["a", 7],
      ["a", "text"],
    ];
    for (const call of calls) expect(await track(...call)).toMatchObject({ eventId: expect.any(String) });
    await client.flush();
    const found = transport.events.map(({ event_type, properties }) => [event_type, properties]);
    for (const given of [hostile, badText, 1n, null] as never[])
      for (const call of [client.identify, client.page, client.group, client.alias])
        expect(await call(given, given, given)).toMatchObject({ eventId: expect.any(String) });
    expect(found).toContainEqual(["a", { value: ["1"] }]);
    expect(found).toContainEqual(["a", { value: 7 }]);
    expect(found).toContainEqual(["a", "[unreadable]"]);
  });

  it("takes what was given as it is at that moment", async () => {
    const transport = createMemoryTransport();
    const { client } = openClient({ endpoint: "https://a.example", fetch: transport.fetch });
    const cart = { items: ["a"] };
    void client.track("cart", cart);
    cart.items.push("b");
    await client.flush();
    expect(transport.events[0]?.properties).toEqual({ items: ["a"] });
  });

  it("goes on when a listener throws", async () => {
    const transport = createMemoryTransport();
    const { client, tell } = openClient({ endpoint: "https://a.example", fetch: transport.fetch });
    client.on("accepted", () => {
      throw new Error("theirs");
    });
    void client.track("a");
    await client.flush();
    void client.track("b");
    expect([await client.flush(), tell("accepted").length]).toEqual([{ pending: 0 }, 2]);
  });
});

describe.each(["1970-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z"])("a clock that says %s", (day) => {
  it("is told as it is, with `sent_at`, so that the server can mend the times", async () => {
    const transport = createMemoryTransport();
    const { client } = openClient({ endpoint: "https://a.example", fetch: transport.fetch });
    const { makeEvent } = await import("../../sdk/src/make-event.ts");
    const event = makeEvent({}, "a", {}, {}, Date.parse(day));
    expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(JSON.parse(event.json)).toMatchObject({ timestamp: day });
    await client.close();
  });
});
