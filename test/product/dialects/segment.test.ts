import { Analytics } from "@segment/analytics-node";
import { beforeAll, describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { type Json, makeOrg, product, type TestOrg } from "../../support/product.ts";
import { keysThatFail } from "../../support/revoked-key.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";

let org: TestOrg;
beforeAll(async () => {
  org = await makeOrg();
});

describe("@segment/analytics-node 3.1.0", () => {
  it("stores each kind of call once, with person, time, type and properties, and tells that it did", async () => {
    const own = await makeOrg();
    const analytics = new Analytics({ writeKey: own.key, host: product.baseUrl, flushInterval: 50 });
    const said: string[] = [];
    const tell = (error: unknown): void => void said.push(error ? "failed" : "delivered");
    const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second));
    const ada = { userId: "ada" };
    analytics.identify(
      { ...ada, traits: { email: "ada@example.com", address: { city: "Ulm" } }, timestamp: at(1) },
      tell,
    );
    analytics.group({ ...ada, groupId: "acme", traits: { employees: 12 }, timestamp: at(2) }, tell);
    analytics.track({ ...ada, event: "Order Paid", properties: { total: 12.5 }, timestamp: at(3) }, tell);
    analytics.page({ anonymousId: "anon-1", name: "Home", category: "Docs", timestamp: at(4) }, tell);
    analytics.screen({ ...ada, name: "Cart", properties: { items: [1, 2] }, timestamp: at(5) }, tell);
    analytics.alias({ ...ada, previousId: "anon-1", timestamp: at(6), messageId: "my own id" }, tell);
    await analytics.closeAndFlush();
    expect(said).toEqual(Array(6).fill("delivered"));
    const events = await readStored(own, 6);
    expect(events).toMatchObject([
      {
        ...{ event_type: "identify", user_id: "ada", timestamp: at(1).toISOString() },
        properties: { email: "ada@example.com", address: { city: "Ulm" } },
      },
      { event_type: "group", user_id: "ada", properties: { group_id: "acme", employees: 12 } },
      { event_type: "Order Paid", user_id: "ada", properties: { total: 12.5 }, timestamp: at(3).toISOString() },
      { event_type: "page_view", anonymous_id: "anon-1", properties: { name: "Home", category: "Docs" } },
      { event_type: "screen_view", user_id: "ada", properties: { name: "Cart", items: [1, 2] } },
      { event_id: "segment:my own id", event_type: "alias", user_id: "ada", properties: { previous_id: "anon-1" } },
    ]);
    const { event_id, context } = events[2] ?? {};
    expect(event_id).toMatch(/^segment:node-next-\d+-/);
    expect(context).toMatchObject({
      library: { name: "@segment/analytics-node", version: "3.1.0" },
      source: { type: "track", integrations: {} },
    });
    expect(JSON.stringify(events)).not.toContain(own.key);
  });

  it("has a bad event delivered to quarantine, and its neighbours stored, also where all are bad", async () => {
    const own = await makeOrg();
    const analytics = new Analytics({ writeKey: own.key, host: product.baseUrl, flushInterval: 50 });
    const said: unknown[] = [];
    const tell = (error: unknown): void => void said.push(error);
    analytics.track({ userId: "ada", event: "x".repeat(201) }, tell);
    analytics.track({ userId: "ada", event: "Order Paid" }, tell);
    await analytics.flush();
    analytics.track({ userId: "ada", event: "y".repeat(201) }, tell);
    await analytics.closeAndFlush();
    expect(said).toEqual([undefined, undefined, undefined]);
    expect(await readStored(own, 1)).toMatchObject([{ event_type: "Order Paid" }]);
    expect(await readSettled(own, 3)).toMatchObject({ stored: 1, quarantined: 2 });
  });

  it.each(keysThatFail)("tells its caller that a %s key does not work, and does not try again", async (_, makeKey) => {
    const analytics = new Analytics({ writeKey: await makeKey(), host: product.baseUrl, flushInterval: 50 });
    let tries = 0;
    analytics.on("http_response", () => void tries++);
    const failed = new Promise<{ reason?: unknown }>((resolve) => void analytics.on("error", resolve));
    analytics.track({ userId: "ada", event: "Order Paid" });
    await analytics.closeAndFlush();
    expect(String((await failed).reason)).toContain("401");
    expect(tries).toBe(1);
  });

  it.each(passingFaults)("sends again after %s, and the event is stored once", async (_, fault) => {
    const own = await makeOrg();
    const proxy = await startProxy(product.baseUrl, [fault]);
    const analytics = new Analytics({ writeKey: own.key, host: proxy.url, flushInterval: 20 });
    const said: unknown[] = [];
    analytics.track({ userId: "ada", event: "Order Paid", messageId: "one" }, (error) => void said.push(error));
    await analytics.closeAndFlush();
    expect([said, proxy.requests()]).toEqual([[undefined], 2]);
    expect(await readStored(own, 1)).toMatchObject([{ event_id: "segment:one" }]);
    await proxy.close();
  });
});

describe("a call of Segment's by itself", () => {
  const send = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${product.baseUrl}${path}`, { method: "POST", body, headers });

  it.each([
    ["/v1/track", "track"],
    ["/v1/t", undefined],
    ["/V1/T/", undefined],
  ])("to %s is an event, with its key in the body, and its key is not kept", async (path, type) => {
    const own = await makeOrg();
    const call = { type, event: "Seen", anonymousId: "a", properties: {}, writeKey: own.key, sentAt: new Date() };
    const answer = await send(path, JSON.stringify(call), { "content-type": "text/plain" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ success: true, accepted: 1, quarantined: 0 });
    const events = await readStored(own, 1);
    expect(events).toMatchObject([{ event_type: "Seen", anonymous_id: "a", context: { source: { type: "track" } } }]);
    expect(JSON.stringify(events)).not.toContain(own.key);
  });

  it("that waits in quarantine is kept without its key, which stands in its bytes", async () => {
    const own = await makeOrg();
    const call = { type: "track", event: "x".repeat(201), writeKey: own.key };
    const { receipt_id } = (await (await send("/v1/track", JSON.stringify(call))).json()) as { receipt_id: string };
    await own.settled(receipt_id);
    const { body } = await own.get(`/api/v1/quarantine/${receipt_id}:0`);
    expect(JSON.stringify(body)).toContain(`${"*".repeat(own.key.length)}`);
    expect(JSON.stringify(body)).not.toContain(own.key);
  });

  it.each([
    ["no JSON", "{", 400, "invalid_json"],
    ["a list", "[]", 400, "invalid_body"],
    ["a batch without calls", '{"batch":{}}', 400, "invalid_body"],
    ["a batch of none", '{"batch":[]}', 400, "empty_batch"],
    [
      "two batches in one",
      '{"batch":[{"type":"track","event":"x"}],"batch":[{"type":"track","event":"y"}]}',
      400,
      "invalid_json",
    ],
    [
      "a number beside the calls that would be changed",
      '{"batch":[{"type":"track","event":"x"}],"n":608548899684111178}',
      400,
      "invalid_body",
    ],
  ])("%s is refused as a problem document", async (_, body, status, code) => {
    const answer = await send("/v1/batch", body, { authorization: `Bearer ${org.key}` });
    expect([answer.status, ((await answer.json()) as Json).code]).toEqual([status, code]);
  });

  it("without a key is 401, and to a path that Segment has not 404, before anything is read", async () => {
    for (const body of [
      "",
      "{",
      "[1]",
      '{"writeKey":5}',
      '{"writeKey":""}',
      '{"a":{"writeKey":"x"}}',
      "\u0000".repeat(9),
    ])
      expect([body, (await send("/v1/batch", body || " ")).status]).toEqual([body, 401]);
    const answer = await send("/v1/nothing", "{}", { authorization: `Bearer ${org.key}` });
    expect([answer.status, ((await answer.json()) as Json).code]).toEqual([404, "path_not_found"]);
  });

  it("that is not the spec's goes to quarantine by itself, as it was sent", async () => {
    const own = await makeOrg();
    const bad = [5, null, {}, { type: "delete" }, { type: "track" }, { type: "page", context: 1 }];
    const good = { type: "track", event: "Seen", messageId: "m" };
    const answer = await send("/v1/batch", JSON.stringify({ batch: [...bad, good] }), {
      authorization: `Basic ${Buffer.from(`${own.key}:`).toString("base64")}`,
    });
    const { receipt_id, results } = (await answer.json()) as { receipt_id: string; results: Json[] };
    expect(results.map(({ code, path }) => [code, path])).toEqual([
      ...[
        ["not_an_object", "events[0]"],
        ["not_an_object", "events[1]"],
        ["required", "events[2].type"],
      ],
      ...[
        ["invalid_value", "events[3].type"],
        ["required", "events[4].event_type"],
        ["wrong_type", "events[5].context"],
      ],
    ]);
    expect(await own.settled(receipt_id)).toMatchObject({ stored: 1, quarantined: 6 });
  });
});

describe("the settings that Segment's SDK of pages starts with", () => {
  it("say where to send, for any page, and may be kept", async () => {
    const answer = await fetch(`${product.baseUrl}/v1/projects/hrp_x/settings`, {
      headers: { origin: "https://shop.example" },
    });
    expect(await answer.json()).toMatchObject({
      integrations: {
        "Segment.io": { apiKey: "hrp_x", apiHost: `${new URL(product.baseUrl).host}/v1`, protocol: "http" },
      },
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
  });
});
