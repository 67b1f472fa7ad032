import { beforeAll, describe, expect, it } from "vitest";
import { type Json, makeOrg, product, type TestOrg } from "../support/product.ts";

const TYPES = 12;
/** Twelve types by turns, three people, two versions; newest last. */
const sent = Array.from({ length: 60 }, (_, i) => ({
  event_id: `e${i}`,
  event_type: `type, ${i % TYPES}`,
  timestamp: new Date(Date.UTC(2026, 10, 22, 10, 0, Math.floor(i / 2))).toISOString(),
  user_id: `u${i % 3}`,
  schema_version: 1 + (i % 2),
  properties: { n: i },
  ...(i % 5 === 0 ? { context: { page: "/" } } : undefined),
}));

let org: TestOrg;
beforeAll(async () => {
  org = await makeOrg();
  const { body } = await org.post(sent);
  expect(await org.settled(body.receipt_id)).toMatchObject({ stored: sent.length });
});

function newestFirst(isIn: (event: (typeof sent)[number]) => boolean): string[] {
  const order = (event: (typeof sent)[number]) => event.timestamp + event.event_id;
  const found = sent.filter(isIn).sort((a, b) => (order(a) < order(b) ? 1 : -1));
  return found.map(({ event_id }) => event_id);
}

const idsOf = ({ events }: Json) => (events as Json[]).map(({ event_id }) => event_id);
const read = (query: URLSearchParams) => org.get(`/api/v1/events?${query}`);
const ask = (query: URLSearchParams) =>
  fetch(`${product.baseUrl}/api/v1/events?${query}`, { headers: { authorization: `Bearer ${org.key}` } });

const asked = (pairs: readonly (readonly [string, string])[], more: Record<string, string> = {}) =>
  new URLSearchParams([...pairs.map(([name, value]) => [name, value] as [string, string]), ...Object.entries(more)]);

describe("several values of a filter", () => {
  it("find what has one of them, and what has one of each", async () => {
    const types = Array.from({ length: 10 }, (_, i) => ["event_type", `type, ${i}`] as const);
    expect(idsOf((await read(asked(types))).body)).toEqual(newestFirst((one) => Number(one.event_type.slice(6)) < 10));
    const query = asked([
      ...[["user_id", "u0"] as const, ["user_id", "u2"] as const, ["user_id", "nobody"] as const],
      ...[["event_type", "type, 0"] as const, ["event_type", "type, 5"] as const, ["schema_version", "1"] as const],
    ]);
    const isIn = (one: (typeof sent)[number]) =>
      one.user_id !== "u1" && ["type, 0", "type, 5"].includes(one.event_type) && one.schema_version === 1;
    expect(idsOf((await read(query)).body)).toEqual(newestFirst(isIn));
  });

  it("may stand twice, and in any order: a cursor goes with them, and with no others", async () => {
    const pairs = (...ids: string[]) => ids.map((id) => ["user_id", id] as const);
    const first = (await read(asked(pairs("u1", "u2", "u1"), { limit: "7" }))).body;
    const cursor = String(first.next_cursor);
    const rest = (await read(asked(pairs("u2", "u1"), { cursor, select: "event_id" }))).body;
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(newestFirst((one) => one.user_id !== "u0"));
    for (const others of [pairs("u1"), pairs("u1", "u2", "u0"), []])
      expect((await read(asked(others, { cursor }))).body.code).toBe("invalid_cursor");
  });
});

describe("`select`", () => {
  it("names the fields that come back; one that an event has not is not there", async () => {
    const { body } = await read(asked([["user_id", "u0"]], { select: "event_id,context", limit: "5" }));
    expect(body.events).toEqual([
      ...[{ event_id: "e57" }, { event_id: "e54" }, { event_id: "e51" }, { event_id: "e48" }],
      { event_id: "e45", context: { page: "/" } },
    ]);
    expect(typeof body.next_cursor).toBe("string");
  });

  it("takes every field that an event can have, and tells them for one that is not known", async () => {
    const { body } = await read(asked([], { select: "event_id,properties.n" }));
    const names = /is not one of (.+)$/.exec(String(body.detail))?.[1] ?? "";
    expect([body.code, body.parameter]).toEqual(["invalid_parameter", "select"]);
    const whole = (await read(asked([], { limit: "1" }))).body.events as Json[];
    const chosen = (await read(asked([], { limit: "1", select: names.replaceAll(" ", "") }))).body.events as Json[];
    expect(chosen).toEqual(whole);
    expect(names.split(", ")).toEqual(expect.arrayContaining(["original_timestamp", "session_id", "anonymous_id"]));
  });
});

describe("`format=ndjson`", () => {
  it("has an event on each line, and the next page in `Link`, until there is none", async () => {
    const lines: Json[] = [];
    let next: string | undefined = `/api/v1/events?${asked([["user_id", "u0"]], { format: "ndjson", limit: "8" })}`;
    for (let pages = 1; next !== undefined; pages++) {
      const answer: Response = await fetch(new URL(next, product.baseUrl), {
        headers: { authorization: `Bearer ${org.key}` },
      });
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
      const text = await answer.text();
      expect(text.endsWith("\n")).toBe(true);
      lines.push(
        ...text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Json),
      );
      next = /^<(\/api\/v1\/events\?[^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
      expect(pages).toBeLessThan(4);
    }
    expect(lines.map(({ event_id }) => event_id)).toEqual(newestFirst((one) => one.user_id === "u0"));
    expect(lines).toEqual((await read(asked([["user_id", "u0"]]))).body.events);
  });

  it("is nothing at all for no event, and a problem document for what is wrong", async () => {
    const none = await ask(asked([["user_id", "nobody"]], { format: "ndjson", select: "event_id" }));
    expect([none.status, await none.text(), none.headers.get("link")]).toEqual([200, "", null]);
    const wrong = await ask(asked([], { format: "ndjson", limit: "0" }));
    expect([wrong.status, wrong.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
  });

  it("and JSON lead to the same next page", async () => {
    const json = await ask(asked([["user_id", "u0"]], { limit: "8" }));
    const { next_cursor } = (await json.json()) as Json;
    expect(json.headers.get("link")).toContain(`cursor=${next_cursor}>`);
    expect((await ask(asked([["event_id", "e1"]]))).headers.get("link")).toBeNull();
  });
});
