import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { Analytics } from "@segment/analytics-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../sdk/src/index.ts";
import { eventually, type RunningCommand, startCommand } from "../cli/support.ts";
import { makeOrg, product, type TestOrg } from "../support/product.ts";

interface Listening {
  readonly command: RunningCommand;
  readonly url: string;
  /** The lines of a request, when one of them is like `last`; times are cut. */
  shown(number: number, last: RegExp): Promise<string[]>;
}

async function listen(...args: string[]): Promise<Listening> {
  const command = startCommand("listen", ["--port", "0", ...args]);
  const url = await eventually(
    () => /^Listening on (http:\S+),/.exec(command.stdout())?.[1],
    "the address of the listener",
  );
  const linesOf = (number: number): string[] => {
    const lines = command.stdout().split("\n");
    return lines.filter((line) => line.startsWith(`#${number} `)).map((line) => withoutTimes(line.slice(3)));
  };
  return {
    ...{ command, url },
    shown: async (number, last) => {
      await eventually(() => linesOf(number).some((line) => last.test(line)), `#${number} with ${last}`);
      return linesOf(number);
    },
  };
}

const withoutTimes = (line: string): string =>
  line
    .replace(/^\d\d:\d\d:\d\d/, "TIME")
    .replace(/\d+ ms$/, "N ms")
    .replace(/request [0-9a-f-]{36}/, "request ID");

function post(
  url: string,
  org: Pick<TestOrg, "key">,
  body: NonNullable<RequestInit["body"]>,
  headers: Record<string, string> = {},
) {
  const authorization = `Bearer ${org.key}`;
  return fetch(`${url}/api/v1/events`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", ...headers },
    body,
  });
}

describe("headrace listen", () => {
  test("shows a good event, a bad one and a wrong key, each with what became of it and what to do", async () => {
    const [org, listening] = await Promise.all([makeOrg(), listen("--to", product.baseUrl)]);
    const events = [
      { event_id: "good", event_type: "seen" },
      { event_id: "bad", event_type: "bought", timestamp: "yesterday" },
      { event_id: "good", event_type: "seen" },
    ];
    const answer = await post(listening.url, org, gzipSync(JSON.stringify({ events })), { "content-encoding": "gzip" });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ accepted: 3, quarantined: 1 });
    const wrong = await post(listening.url, { key: `${org.key.slice(0, -1)}!` }, JSON.stringify(events));
    expect(wrong.status).toBe(401);
    expect(await listening.shown(1, /accepted/)).toMatchInlineSnapshot(`
      [
        "TIME  POST /api/v1/events  Headrace, 3 events: seen ×2, bought  → 202 in N ms",
        "quarantined  [1] bought bad  invalid_value  events[1].timestamp: found the text "yesterday", expected a value that fits: it must be an RFC 3339 date-time such as 2026-11-22T10:00:00Z",
        "duplicate    [2] seen good  repeated_event_id  events[2].event_id: events[0] has the same event_id",
        "stored       [0] seen good",
        "3 accepted: 1 stored, 1 duplicate, 1 quarantined",
      ]
    `);
    expect(await listening.shown(2, /request/)).toMatchInlineSnapshot(`
      [
        "TIME  POST /api/v1/events  Headrace, 3 events: seen ×2, bought  → 401 in N ms",
        "credential_malformed: the API key is not complete: \`hr_<org>_<key id>_<secret><checksum>\`",
        "what to do: Check that the API key was copied whole: it ends in a checksum.",
        "request ID",
      ]
    `);
  });

  test("in front of our SDK: a good event, a bad one and a wrong key", async () => {
    const [org, listening] = await Promise.all([makeOrg(), listen("--to", product.baseUrl)]);
    const client = createClient({ endpoint: listening.url, key: org.key });
    void client.track("seen", {}, { eventId: "good" });
    void client.track("bought", {}, { eventId: "bad", timestamp: "yesterday" });
    await client.close();
    const wrong = createClient({ endpoint: listening.url, key: `${org.key.slice(0, -1)}!`, onDiagnostic: () => {} });
    void wrong.track("seen", {}, { eventId: "kept" });
    const stop = new AbortController();
    wrong.on("blocked", () => stop.abort());
    await wrong.close({ signal: stop.signal });
    expect(await listening.shown(1, /accepted/)).toMatchInlineSnapshot(`
      [
        "TIME  POST /api/v1/events  Headrace, 2 events: seen, bought  → 202 in N ms",
        "quarantined  [1] bought bad  invalid_value  events[1].timestamp: found the text "yesterday", expected a value that fits: it must be an RFC 3339 date-time such as 2026-11-22T10:00:00Z",
        "stored       [0] seen good",
        "2 accepted: 1 stored, 1 quarantined",
      ]
    `);
    expect(await listening.shown(2, /request/)).toMatchInlineSnapshot(`
      [
        "TIME  POST /api/v1/events  Headrace, 1 event: seen  → 401 in N ms",
        "credential_malformed: the API key is not complete: \`hr_<org>_<key id>_<secret><checksum>\`",
        "what to do: Check that the API key was copied whole: it ends in a checksum.",
        "request ID",
      ]
    `);
  });

  test("in front of Segment's SDK: a good event, a bad one and a wrong key", async () => {
    const [org, listening] = await Promise.all([makeOrg(), listen("--to", product.baseUrl)]);
    const send = async (writeKey: string, ...events: string[]): Promise<void> => {
      const analytics = new Analytics({ writeKey, host: listening.url, maxRetries: 0 });
      analytics.on("error", () => undefined);
      for (const event of events) analytics.track({ userId: "ada", event, messageId: `of ${event.trim()}` });
      await analytics.closeAndFlush();
    };
    await send(org.key, "Order Paid", " spaced ");
    await send(`${org.key.slice(0, -1)}!`, "Order Paid");
    expect(await listening.shown(1, /accepted/)).toMatchInlineSnapshot(`
      [
        "TIME  POST /v1/batch  Segment, 2 events: Order Paid,  spaced   → 200 in N ms",
        "quarantined  [1]  spaced  of spaced  invalid_value  events[1].event_type: found the text " spaced ", expected a value that fits: it starts or ends with space",
        "stored       [0] Order Paid of Order Paid",
        "2 accepted: 1 stored, 1 quarantined",
      ]
    `);
    expect(await listening.shown(2, /request/)).toMatchInlineSnapshot(`
      [
        "TIME  POST /v1/batch  Segment, 1 event: Order Paid  → 401 in N ms",
        "credential_malformed: the API key is not complete: \`hr_<org>_<key id>_<secret><checksum>\`",
        "what to do: Check that the API key was copied whole: it ends in a checksum.",
        "request ID",
      ]
    `);
  });

  test("what became of events is shown too where the answer's body has no place for a receipt", async () => {
    const [org, listening] = await Promise.all([makeOrg(), listen("--to", product.baseUrl)]);
    const send = (path: string, type: string, body: NonNullable<RequestInit["body"]>): Promise<Response> => {
      const headers = { authorization: `Bearer ${org.key}`, "content-type": type };
      return fetch(listening.url + path, { method: "POST", headers, body });
    };
    const event = { event: "seen", uuid: "01a2f3c4-5d6e-7f80-9a1b-2c3d4e5f6071", distinct_id: "ada" };
    await send("/i/v1/analytics/events", "application/json", JSON.stringify({ batch: [event] }));
    // resource_logs, scope_logs, log_records, event_name
    const log = Buffer.concat([Buffer.from("0a0a1208120662", "hex"), Buffer.from("\u0004seen")]);
    await send("/v1/logs", "application/x-protobuf", log);
    expect((await listening.shown(1, /accepted/)).at(-1)).toBe("1 accepted: 1 stored");
    expect((await listening.shown(2, /accepted/)).at(-1)).toBe("1 accepted: 1 stored");
  });

  test("in front of PostHog's SDK of pages: what it asks and what it posts, in each form", async () => {
    const [org, listening] = await Promise.all([makeOrg(), listen("--to", product.baseUrl)]);
    const batch = {
      api_key: org.key,
      batch: [{ event: "Order Paid", uuid: "u-1", properties: { distinct_id: "ada" } }],
    };
    const send = (path: string, body: NonNullable<RequestInit["body"]>) =>
      fetch(listening.url + path, { method: "POST", headers: { "content-type": "text/plain" }, body });
    await fetch(`${listening.url}/array/hrp_x/config.js`);
    await send("/flags/?v=2", JSON.stringify({ token: org.key, distinct_id: "ada" }));
    await send("/e/?compression=gzip-js", new Uint8Array(gzipSync(JSON.stringify(batch))));
    await send("/i/v0/e/", `data=${encodeURIComponent(Buffer.from(JSON.stringify([{}])).toString("base64"))}`);
    const shown = [...(await listening.shown(1, /config/)), ...(await listening.shown(2, /flags/))];
    shown.push(...(await listening.shown(3, /accepted/)), ...(await listening.shown(4, /request/)));
    expect(shown).toMatchInlineSnapshot(`
      [
        "TIME  GET /array/hrp_x/config.js  PostHog, 0 events  → 200 in N ms",
        "TIME  POST /flags/?v=2  PostHog, 0 events  → 200 in N ms",
        "TIME  POST /e/?compression=gzip-js  PostHog, 1 event: Order Paid  → 200 in N ms",
        "stored       [0] Order Paid u-1",
        "1 accepted: 1 stored",
        "TIME  POST /i/v0/e/  PostHog, 1 event: (no type)  → 401 in N ms",
        "credential_missing: the request has no \`Authorization: Bearer …",
        "what to do: Send \`Authorization: Bearer … key or access token>\`.",
        "request ID",
      ]
    `);
  });

  test("shows no credential, wherever it stands", async () => {
    const [org, listening] = await Promise.all([makeOrg(), listen("--to", product.baseUrl)]);
    const [secret = ""] = org.key.split("_").slice(-1);
    await fetch(`${listening.url}/v1/projects/vendor-write-key/settings`);
    await fetch(`${listening.url}/api/v1/events?key=${org.key}`, { method: "POST", body: "[]" });
    const token = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
    await post(listening.url, { key: token }, JSON.stringify({ event_type: `my ${org.key} ${token}\u001b[31m` }));
    const shown = [...(await listening.shown(1, /settings/)), ...(await listening.shown(2, /request/))];
    shown.push(...(await listening.shown(3, /request/)));
    for (const hidden of [secret, "vendor-write-key", token, "\u001b"]) expect(shown.join("\n")).not.toContain(hidden);
    expect(shown.join("\n")).toContain(`hr_${org.orgId}_`);
  });

  test("a key that may only write is told from a receipt that says nothing, and --key reads it", async () => {
    const org = await makeOrg();
    const body = JSON.stringify({ name: "writes", scopes: ["events:write"] });
    const headers = { authorization: `Bearer ${org.key}`, "content-type": "application/json" };
    const made = await fetch(`${product.baseUrl}/api/v1/keys`, { method: "POST", headers, body });
    const { key } = (await made.json()) as { key: string };
    const [without, withKey] = await Promise.all([
      listen("--to", product.baseUrl),
      listen("--to", product.baseUrl, "--key", org.key),
    ]);
    for (const { url } of [without, withKey]) await post(url, { key }, JSON.stringify({ event_type: "seen" }));
    expect((await without.shown(1, /receipt/)).at(-1)).toMatch(/no key here may read receipts; give one .* --key/);
    expect((await withKey.shown(1, /accepted/)).at(-1)).toBe("1 accepted: 1 stored");
  });

  test("a target that is away is a 502 that says what to do, and the listener goes on", async () => {
    const listening = await listen("--to", "http://127.0.0.1:9");
    const answer = await post(listening.url, { key: "none" }, "[]");
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({
      code: "target_unreachable",
      fix: expect.stringContaining("npm start"),
    });
    expect(await listening.shown(1, /ECONNREFUSED/)).toHaveLength(2);
    expect((await post(listening.url, { key: "none" }, "[]")).status).toBe(502);
  });

  test("a body that is cut off is passed on as cut off, and shown so", async () => {
    const [org, listening] = await Promise.all([makeOrg(), listen("--to", product.baseUrl)]);
    const { hostname, port } = new URL(listening.url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    const head = ["POST /api/v1/events HTTP/1.1", "Host: x", `Authorization: Bearer ${org.key}`];
    socket.write(`${[...head, "Content-Length: 100"].join("\r\n")}\r\n\r\n[{"event_id":"cut","event_type":"seen"}`);
    // The request has begun when its bytes have been written; its end is a reset.
    await new Promise<void>((resolve) => setImmediate(resolve));
    socket.end();
    expect((await listening.shown(1, /no answer|→ 4/)).join("\n")).toMatch(/no answer|→ 400/);
  });

  test.each([
    [["--port", "x"], "--port must be a whole number"],
    [["--to", "ftp://x"], "--to must be an http or https address"],
    [["--wait", "0"], "--wait must be a whole number from 1"],
    [["--state", "/nowhere"], "Headrace is not running"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await startCommand("listen", args).finished;
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });
});
