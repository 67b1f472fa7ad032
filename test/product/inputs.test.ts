import { once } from "node:events";
import http from "node:http";
import { describe, expect, it } from "vitest";
import { methodsOf, type Route, routes } from "../../shared/http/routes.ts";
import { addMember, callAs, enter, makeEmptyOrg } from "../support/people.ts";
import { type Json, makeOrg, product, request, type TestOrg } from "../support/product.ts";

const MINUTE_MS = 60_000;

async function store(org: TestOrg, body: unknown, headers?: Record<string, string>): Promise<Json> {
  const answer = await org.post(body, headers);
  expect([answer.status, answer.body.results]).toEqual([202, []]);
  return org.settled(answer.body.receipt_id);
}

const read = async (org: TestOrg, id: string): Promise<Json> =>
  (await org.get(`/api/v1/events?${new URLSearchParams({ event_id: id })}`)).body;

describe("an event's id", () => {
  const ids = [
    ...["a/b", "a//b", "/a", "a/", "/", "a/../b", "..", ".", "a\\b", "a#b", "a?b=c&d", "100%", "a%2Bb", "a%25b", "a+b"],
    ...["a b", "é", "e\u0301", "👩\u200d👧", "ab\u200fcd", "~x", "'\"<>`{}|^", "%2F", "a%2Fb", "a%2fb", "a%252Fb"],
  ];

  it("of any characters is read by `event_id`, and never as another one", async () => {
    const org = await makeOrg();
    expect(
      await store(
        org,
        ids.map((event_id) => ({ event_id, event_type: "t" })),
      ),
    ).toMatchObject({ stored: ids.length });
    for (const id of ids) expect(await read(org, id)).toMatchObject({ events: [{ event_id: id }], next_cursor: null });
    expect(await read(org, "a")).toMatchObject({ events: [], next_cursor: null });
  });

  it("with a slash is read by its path where the escaped form arrives, and is decoded once", async () => {
    const org = await makeOrg();
    await store(
      org,
      ["a/b", "x%2Fy", "100%", "a%2Bb"].map((event_id) => ({ event_id, event_type: "t" })),
    );
    const byPath = async (path: string) => (await org.get(`/api/v1/events/${path}`)).body;
    expect(await byPath("a%2Fb")).toMatchObject({ event: { event_id: "a/b" } });
    expect(await byPath("a%2fb")).toMatchObject({ event: { event_id: "a/b" } });
    expect(await byPath("a%252Bb")).toMatchObject({ event: { event_id: "a%2Bb" } });
    expect(await byPath("100%25")).toMatchObject({ event: { event_id: "100%" } });
    // It names `x/y`, which is not there.
    expect(await byPath("x%2Fy")).toMatchObject({ code: "event_not_found" });
  });

  it("goes with no other parameter", async () => {
    const org = await makeOrg();
    for (const query of ["event_id=a&limit=1", "event_id=a&event_type=t", "event_id=", "event_id=a&event_id=b"]) {
      const { status, body } = await org.get(`/api/v1/events?${query}`);
      expect([query, status, body.code, body.parameter]).toEqual([query, 400, "invalid_parameter", "event_id"]);
    }
  });
});

describe("parameters", () => {
  it.each([
    ["/api/v1/events?limit=0x10", "limit"],
    ["/api/v1/events?limit=1e2", "limit"],
    ["/api/v1/events?limit=%205", "limit"],
    ["/api/v1/events?schema_version=1e0", "schema_version"],
    [`/api/v1/events?${Array.from({ length: 11 }, (_, i) => `event_type=${i}`).join("&")}`, "event_type"],
    ["/api/v1/events?user_id=a&user_id=", "user_id"],
    ["/api/v1/events?schema_version=1&schema_version=b", "schema_version"],
    ["/api/v1/events?limit=1&limit=1", "limit"],
    ["/api/v1/events?select=", "select"],
    ["/api/v1/events?select=event_id,quarantined", "select"],
    ["/api/v1/events?select=event_id,event_id", "select"],
    ["/api/v1/events?select=event_id&select=user_id", "select"],
    ["/api/v1/events?format=csv", "format"],
    ["/api/v1/metrics/events?event_type=a&event_type=b", "event_type"],
    ["/api/v1/events?EVENT_TYPE=a", "EVENT_TYPE"],
    ["/api/v1/events?__proto__=1", "__proto__"],
    ["/api/v1/events?event_type=%FF", "event_type"],
    ["/api/v1/events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"],
    ["/api/v1/metrics/events?from=2026-01-01T10:45:00Z&to=2026-01-01T10:15:00Z", "from"],
    ["/api/v1/metrics/events?interval=hour&interval=day", "interval"],
    ["/api/v1/metrics/events?__proto__=1", "__proto__"],
    ["/api/v1/metrics/events?to=9999-12-31T23:30:00Z", "to"],
    ["/api/v1/metrics/events?interval=day&to=9999-12-31T00:00:00.001Z", "to"],
    ["/api/v1/metrics/events?to=0000-01-01T00:00:00Z", "from"],
    ["/api/v1/ledger?from=2026-01-01T10:45:00Z&to=2026-01-01T10:15:00Z", "from"],
    ["/api/v1/ledger?from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z", "from"],
    ["/api/v1/ledger?to=9999-12-31T23:59:59.999Z", "to"],
    ["/api/v1/audit?limit=0x10", "limit"],
    ["/api/v1/audit?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"],
    ["/api/v1/audit?actor=a&actor=b", "actor"],
  ])("%s is refused", async (path, parameter) => {
    const { status, body } = await (await makeOrg()).get(path);
    expect([status, body.code, body.parameter]).toEqual([400, "invalid_parameter", parameter]);
  });

  const strict = Object.entries<Route>(routes).filter(
    ([, { query, access, method }]) => query !== "any" && access !== "anyone" && method === "GET",
  );
  it.each(strict)("that are unknown to %s are refused", async (_, { path, access }) => {
    const org = await makeEmptyOrg();
    await addMember(org, "ada", "admin");
    const { token } = await enter("ada", org);
    const byOperator = ["orgs:manage", "secrets:rotate", "service:read"].includes(access);
    const target = `/${path.replaceAll(/\{\w+\}/g, "x")}`;
    const { status, body } = await callAs(byOperator ? product.operatorKey : token, "GET", `${target}?verbose=1`);
    expect([status, body.code, body.parameter]).toEqual([400, "invalid_parameter", "verbose"]);
  });

  it("beside a batch of events do not matter: SDKs add their own", async () => {
    const org = await makeOrg();
    const headers = { authorization: `Bearer ${org.key}` };
    const init = { method: "POST", headers, body: '{"event_type":"t"}' };
    expect((await request("/api/v1/events?compression=gzip-js&_=1&_=2&x=%FF", init)).status).toBe(202);
  });
});

describe("HEAD", () => {
  const answered = Object.entries<Route>(routes).filter(([, route]) => methodsOf(route).includes("HEAD"));

  it.each(answered)("of %s is answered as GET is, without a body", async (_, { path }) => {
    const org = await makeOrg();
    const headers = { authorization: `Bearer ${org.key}` };
    const target = `${product.baseUrl}/${path.replaceAll(/\{\w+\}/g, "x")}`;
    const [head, get] = await Promise.all([fetch(target, { method: "HEAD", headers }), fetch(target, { headers })]);
    expect([head.status, head.headers.get("content-type")]).toEqual([get.status, get.headers.get("content-type")]);
    expect(await head.text()).toBe("");
    expect(get.headers.get("x-request-id")).toEqual(expect.any(String));
  });

  it("uses up no sign-in", async () => {
    for (const path of ["login?provider=local", "callback/local?state=a&code=b"]) {
      const { status, headers } = await fetch(`${product.baseUrl}/api/v1/auth/${path}`, { method: "HEAD" });
      // Begun or ended, it would lead on, or set or clear a cookie.
      expect([status, headers.get("location"), headers.get("set-cookie")]).toEqual([200, null, null]);
    }
  });
});

describe("a body without a length", () => {
  async function sendChunked(path: string, credential: string, body: string): Promise<readonly unknown[]> {
    const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
    const sent = http.request(`${product.baseUrl}${path}`, { method: "POST", headers });
    sent.write(body);
    sent.end();
    const [answer] = (await once(sent, "response")) as [http.IncomingMessage];
    const { code } = JSON.parse((await answer.toArray()).join("")) as Json;
    return [answer.statusCode, code];
  }

  it("is 411 where a body is read, and a key is not rotated as if nothing had been asked for", async () => {
    const org = await makeOrg();
    const made = (await callAs(org.key, "POST", "/api/v1/keys", { name: "k", scopes: ["events:read"] })).body;
    const rotate = `/api/v1/keys/${String((made.api_key as Json).key_id)}/rotate`;
    const refused = [411, "length_required"];
    expect(await sendChunked(rotate, org.key, '{"overlap_seconds":0}')).toEqual(refused);
    expect(await sendChunked("/api/v1/keys", org.key, '{"name":"x","scopes":["events:read"]}')).toEqual(refused);
    expect(await sendChunked("/api/v1/events", org.key, '{"event_type":"t"}')).toEqual(refused);
    expect(await sendChunked("/api/v1/operator/orgs", product.operatorKey, '{"name":"x"}')).toEqual(refused);
    // `Content-Length: 0`
    expect((await callAs(org.key, "POST", rotate)).status).toBe(201);
  });
});

describe("times", () => {
  const at = (offset: number): string => new Date(Date.now() + offset).toISOString();

  it("of a device keep their order and distance, when its clock is ahead", async () => {
    const org = await makeOrg();
    const device = 10 * MINUTE_MS;
    const [first, second] = [at(device - 7 * MINUTE_MS), at(device - 2 * MINUTE_MS)];
    await store(org, {
      sent_at: at(device),
      events: [
        { event_id: "first", event_type: "t", timestamp: first },
        { event_id: "second", event_type: "t", timestamp: second },
      ],
    });
    const [one, two] = await Promise.all(
      ["first", "second"].map(async (id) => ((await read(org, id)).events as Json[])[0] as Json),
    );
    expect([one?.original_timestamp, two?.original_timestamp]).toEqual([first, second]);
    expect(Date.parse(String(two?.timestamp)) - Date.parse(String(one?.timestamp))).toBe(
      Date.parse(second) - Date.parse(first),
    );
    expect(Math.abs(Date.parse(String(two?.timestamp)) - Date.now() + 2 * MINUTE_MS)).toBeLessThan(MINUTE_MS);
  });

  it.each([
    ["that was sent hours ago", -30 * 60 * MINUTE_MS],
    ["whose `sent_at` is zero", -Date.now()],
    ["whose `sent_at` is absurd", Date.parse("9999-12-31T00:00:00Z") - Date.now()],
  ])("of a body %s stay", async (_, sent) => {
    const org = await makeOrg();
    const timestamp = at(-31 * 60 * MINUTE_MS);
    await store(org, { sent_at: at(sent), events: [{ event_id: "e", event_type: "t", timestamp }] });
    expect((await read(org, "e")).events).toMatchObject([{ timestamp }]);
    expect((await read(org, "e")).events).not.toMatchObject([{ original_timestamp: expect.anything() }]);
  });

  it("of more digits than a millisecond has keep them", async () => {
    const org = await makeOrg();
    const sent = "2026-11-20T10:15:00.1234567891Z";
    await store(org, { event_id: "e", event_type: "t", timestamp: sent });
    expect((await read(org, "e")).events).toMatchObject([
      { timestamp: "2026-11-20T10:15:00.123Z", original_timestamp: sent },
    ]);
  });
});

describe("text", () => {
  it("of nothing that can be seen is no type, id or name", async () => {
    const org = await makeOrg();
    for (const event of [{ event_type: "\u200b" }, { event_type: "t", event_id: "\u3164\u2060" }]) {
      const { status, body } = await org.post(event);
      expect([status, body.code]).toEqual([400, "no_valid_event"]);
    }
    for (const body of [
      { name: "\u200b", scopes: ["events:read"] },
      { name: "\u2800", scopes: ["events:read"] },
    ])
      expect((await callAs(org.key, "POST", "/api/v1/keys", body)).status).toBe(400);
    expect((await callAs(product.operatorKey, "POST", "/api/v1/operator/orgs", { name: "\u200b" })).status).toBe(400);
  });

  it("is UTF-8 with at most one byte order mark, at the beginning", async () => {
    const org = await makeOrg();
    const line = (id: string): string => JSON.stringify({ event_id: id, event_type: "t" });
    expect(await store(org, `\ufeff${line("a")}\r\n${line("b")}\n`)).toMatchObject({ stored: 2 });
    const inside = await org.post(`${line("c")}\n\ufeff${line("d")}\n`);
    expect(inside.body.results).toMatchObject([{ index: 1, code: "not_json" }]);
    const latin1 = Buffer.concat([
      Buffer.from(`${line("e")}\n{"event_type":"caf`),
      Buffer.of(0xe9),
      Buffer.from('"}\n'),
    ]);
    expect((await org.post(latin1)).body.results).toMatchObject([{ index: 1, code: "not_utf8" }]);
    const separators = JSON.stringify({ event_id: "f", event_type: "t", properties: { text: "a\u2028b\u2029c" } });
    await store(org, `${separators}\n${line("g")}`);
    expect((await read(org, "f")).events).toMatchObject([{ properties: { text: "a\u2028b\u2029c" } }]);
  });
});

describe("an access token", () => {
  it("in another spelling of base64 is refused, as a key and a receipt are", async () => {
    const org = await makeOrg();
    const form = new URLSearchParams({ grant_type: "client_credentials", client_secret: org.key });
    const { body } = await request("/api/v1/auth/token", { method: "POST", body: form });
    const token = String(body.access_token);
    const [head = "", payload = "", signature = ""] = token.split(".");
    const spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // The 64 bytes of a signature leave 4 spare bits in its last character.
    const last = spare[spare.indexOf(signature.at(-1) ?? "") ^ 1];
    const status = async (credential: string) => (await callAs(credential, "GET", "/api/v1/events?limit=1")).status;
    expect(await status(token)).toBe(200);
    for (const other of [
      `${token.slice(0, -1)}${last}`,
      `${token}==`,
      `${head}=.${payload}.${signature}`,
      `${head}.${payload.slice(0, 4)}\t${payload.slice(4)}.${signature}`,
      `${token}.`,
    ])
      expect([other.length, await status(other)]).toEqual([other.length, 401]);
  });
});

describe("an org's first key", () => {
  it("may send and read, and nothing else", async () => {
    const name = `first-key-${Math.random().toString(36).slice(2, 10)}`;
    const { body } = await callAs(product.operatorKey, "POST", "/api/v1/operator/orgs", { name });
    const { key, scopes } = body.api_key as { key: string; scopes: string[] };
    expect(scopes).toEqual(["events:write", "events:read"]);
    expect((await callAs(key, "GET", "/api/v1/events?limit=1")).status).toBe(200);
    expect((await callAs(key, "POST", "/api/v1/events", { event_type: "t" })).status).toBe(202);
    for (const path of ["keys", "audit", "members"])
      expect((await callAs(key, "GET", `/api/v1/${path}`)).status).toBe(403);
  });
});
