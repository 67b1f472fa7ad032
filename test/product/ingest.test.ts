import { once } from "node:events";
import http from "node:http";
import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import { createCosmosLedgerStore } from "../../shared/ledger/cosmos-ledger-store.ts";
import { createSweepLedger } from "../../shared/ledger/sweep-ledger.ts";
import { noDeadline } from "../../shared/runtime/deadline.ts";
import { queryAll, sql } from "../../shared/store/cosmos.ts";
import { silent } from "../../shared/telemetry/log.ts";
import { forgeApiKey } from "../support/forge-api-key.ts";
import { cosmos, identity, type Json, makeOrg, product, request, until, withKey } from "../support/product.ts";

const event = (id: string, more: Json = {}): Json => ({ event_id: id, event_type: "page_viewed", ...more });

describe("an event's way", () => {
  it("is accepted, stored, found and counted", async () => {
    const org = await makeOrg();
    const sent = event("e-1", {
      timestamp: "2026-11-20T10:15:00Z",
      user_id: "ada",
      schema_version: 3,
      properties: { 語: [1, { a: null }] },
    });
    const { status, body } = await org.post(sent);
    expect(status).toBe(202);
    expect(body).toEqual({
      request_id: expect.any(String),
      receipt_id: expect.any(String),
      accepted: 1,
      duplicate: 0,
      quarantined: 0,
      results: [],
    });
    expect(await org.settled(body.receipt_id)).toMatchObject({
      status: "settled",
      accepted: 1,
      stored: 1,
      duplicate: 0,
      quarantined: 0,
      results: [],
    });
    const stored = {
      event_id: "e-1",
      event_type: "page_viewed",
      timestamp: "2026-11-20T10:15:00.000Z",
      user_id: "ada",
      schema_version: 3,
      properties: { 語: [1, { a: null }] },
      received_at: expect.any(String),
      receipt_id: body.receipt_id,
    };
    expect((await org.get("/api/v1/events/e-1")).body.event).toEqual(stored);
    expect((await org.get("/api/v1/events?user_id=ada&event_type=page_viewed")).body).toMatchObject({
      events: [stored],
      next_cursor: null,
    });
    const metrics = await org.get(
      "/api/v1/metrics/events?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z&interval=hour",
    );
    expect(metrics.body).toMatchObject({
      total: 1,
      series: [{ start: "2026-11-20T10:00:00.000Z", event_type: "page_viewed", count: 1 }],
    });
    const ledger = await org.get("/api/v1/ledger");
    expect(ledger.body.totals).toEqual({ settled: 1, stored: 1, duplicate: 0, quarantined: 0 });
  });

  it("tells duplicates, within a request and between requests, and counts nothing twice", async () => {
    const org = await makeOrg();
    const first = await org.post([event("a"), event("a", { event_type: "other" }), event("b")]);
    expect(first.body).toMatchObject({
      accepted: 3,
      duplicate: 1,
      results: [
        { index: 1, event_id: "a", result: "duplicate", code: "repeated_event_id", path: "events[1].event_id" },
      ],
    });
    expect(await org.settled(first.body.receipt_id)).toMatchObject({
      stored: 2,
      duplicate: 1,
      results: [{ index: 1, result: "duplicate" }],
    });
    const second = await org.post({ events: [event("b"), event("c")] });
    expect(await org.settled(second.body.receipt_id)).toMatchObject({
      stored: 1,
      duplicate: 1,
      results: [{ index: 0, result: "duplicate", code: null }],
    });
    expect((await org.get("/api/v1/metrics/events")).body.total).toBe(3);
    expect((await org.get("/api/v1/ledger")).body.totals).toEqual({
      settled: 5,
      stored: 3,
      duplicate: 2,
      quarantined: 0,
    });
  });

  it("keeps the same counts while and after the ledger is merged", async () => {
    const org = await makeOrg();
    for (let i = 0; i < 12; i++)
      await org.post([event(`a${i}`), event(`b${i}`, { event_type: "clicked", timestamp: "1999-01-01T00:00:00Z" })]);
    await until(async () => ((await org.get("/api/v1/ledger")).body.totals as Json).settled === 24 || undefined);
    const ledger = createCosmosLedgerStore(cosmos.containers.ledger);
    const openOf = async () => {
      const found = sql("SELECT c.id FROM c WHERE c.org_id = @org AND c.kind = 'delta'", { org: org.orgId });
      return (await queryAll(cosmos.containers.ledger, found)).length;
    };
    let merged = false;
    const sweep = createSweepLedger(ledger)(noDeadline, silent).then((ended) => {
      merged = ended;
    });
    for (let looks = 0; looks < 2; looks += merged ? 1 : 0) {
      expect((await org.get("/api/v1/ledger")).body.totals).toMatchObject({ stored: 24 });
      expect((await org.get("/api/v1/metrics/events?event_type=page_viewed")).body.total).toBe(12);
      const old = await org.get(
        "/api/v1/metrics/events?from=1999-01-01T00:00:00Z&to=1999-01-02T00:00:00Z&interval=day",
      );
      expect(old.body).toMatchObject({
        total: 12,
        series: [{ start: "1999-01-01T00:00:00.000Z", event_type: "clicked", count: 12 }],
      });
    }
    await sweep;
    expect(await openOf()).toBe(0);
  });

  it("takes large requests by claim check: thousands of events, and events near the limit", async () => {
    const org = await makeOrg();
    const noise = (bytes: number): string =>
      Buffer.from(Array.from({ length: bytes }, () => 33 + Math.floor(Math.random() * 90)))
        .toString("latin1")
        .replaceAll(/["\\]/g, "x");
    const many = await org.post(
      Array.from({ length: 5_000 }, (_, i) => event(`m${i}`, { properties: { noise: noise(60) } })),
    );
    expect(many.body).toMatchObject({ accepted: 5_000, quarantined: 0 });
    const large = await org.post(
      Array.from({ length: 12 }, (_, i) => event(`l${i}`, { properties: { noise: noise(250_000) } })),
    );
    expect(large.body).toMatchObject({ accepted: 12, quarantined: 0 });
    expect(await org.settled(many.body.receipt_id)).toMatchObject({ stored: 5_000 });
    expect(await org.settled(large.body.receipt_id)).toMatchObject({ stored: 12 });
    expect((await org.get("/api/v1/metrics/events")).body.total).toBe(5_012);
    let pages = 0;
    const seen = new Set<unknown>();
    for (let cursor = ""; ; pages++) {
      const page = await org.get(`/api/v1/events?limit=1000${cursor}`);
      for (const { event_id } of page.body.events as Json[]) seen.add(event_id);
      if (page.body.next_cursor === null) break;
      cursor = `&cursor=${String(page.body.next_cursor)}`;
    }
    expect(seen.size).toBe(5_012);
    expect(pages).toBeGreaterThan(4);
  });

  it("takes NDJSON, every encoding, and bodies that claim to be something else", async () => {
    const org = await makeOrg();
    const lines = `${JSON.stringify(event("n1"))}\n{"event_id":"broken\n${JSON.stringify(event("n2"))}\n`;
    const ndjson = await org.post(lines, { "content-type": "application/json" });
    expect(ndjson.body).toMatchObject({
      accepted: 3,
      quarantined: 1,
      results: [{ index: 1, result: "quarantined", code: "not_json", path: "events[1]" }],
    });
    expect(await org.settled(ndjson.body.receipt_id)).toMatchObject({ stored: 2, quarantined: 1 });
    const encodings = {
      gzip: zlib.gzipSync,
      deflate: zlib.deflateSync,
      br: zlib.brotliCompressSync,
      zstd: zlib.zstdCompressSync,
    };
    for (const [encoding, pack] of Object.entries(encodings)) {
      const { status } = await org.post(pack(Buffer.from(JSON.stringify(event(encoding)))), {
        "content-encoding": encoding,
      });
      expect(status).toBe(202);
    }
    const bare = await org.post(zlib.gzipSync(JSON.stringify(event("bare"))), {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect(bare.status).toBe(202);
    await org.settled(bare.body.receipt_id);
  });

  it("keeps an invalid event whole in quarantine, and stores its neighbours", async () => {
    const org = await makeOrg();
    const { status, body } = await org.post([
      event("ok"),
      { event_id: "bad", event_type: 7, secret: "kept" },
      event("ok2", { timestamp: "today" }),
      5,
    ]);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      accepted: 4,
      quarantined: 3,
      results: [
        {
          index: 1,
          result: "quarantined",
          code: "wrong_type",
          path: "events[1].event_type",
          message: "found the number 7, expected a string",
        },
        { index: 2, result: "quarantined", code: "invalid_value", path: "events[2].timestamp" },
        { index: 3, result: "quarantined", code: "not_an_object", path: "events[3]" },
      ],
    });
    const receipt = await org.settled(body.receipt_id);
    expect(receipt).toMatchObject({ stored: 1, quarantined: 3 });
    expect(receipt.results).toEqual([
      { index: 1, result: "quarantined", code: "wrong_type" },
      { index: 2, result: "quarantined", code: "invalid_value" },
      { index: 3, result: "quarantined", code: "not_an_object" },
    ]);
  });
});

describe("a request that is refused", () => {
  it.each([
    ["not JSON", "{", 400, "invalid_json"],
    ["empty", "", 400, "empty_body"],
    ["of white space", "  \n ", 400, "empty_body"],
    ["an empty batch", "[]", 400, "empty_batch"],
    ["a number", "7", 400, "invalid_body"],
    ["of unknown fields", '{"events":[{"event_type":"x"}],"org_id":"other"}', 400, "invalid_body"],
    ["without a valid event", '[{"event_type":""},{}]', 400, "no_valid_event"],
    [
      "too many events",
      JSON.stringify(Array.from({ length: 5_001 }, () => ({ event_type: "x" }))),
      400,
      "too_many_events",
    ],
    [
      "too many types",
      JSON.stringify(Array.from({ length: 1_001 }, (_, i) => ({ event_type: `t${i}` }))),
      400,
      "too_many_event_types",
    ],
    [
      "too long types",
      JSON.stringify(Array.from({ length: 1_000 }, (_, i) => ({ event_type: `${i}.`.padEnd(200, "語") }))),
      400,
      "too_many_event_types",
    ],
    ["nested too deeply", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, 400, "too_deep"],
    ["too large", "x".repeat(4 * 1024 * 1024 + 1), 413, "body_too_large"],
  ])("%s: %#", async (_, body, status, code) => {
    const org = await makeOrg();
    const answer = await org.post(body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.any(String),
      request_id: expect.any(String),
    });
  });

  it("says where, what was found and what is expected, of each event when none is valid", async () => {
    const org = await makeOrg();
    const { body } = await org.post([{ event_type: "x", timestamp: 5 }]);
    expect(body.results).toEqual([
      {
        index: 0,
        result: "quarantined",
        code: "wrong_type",
        path: "events[0].timestamp",
        message: "found the number 5, expected a string",
      },
    ]);
  });

  it("is truncated, a bomb, or of an unknown encoding", async () => {
    const org = await makeOrg();
    const packed = zlib.gzipSync(Buffer.from(JSON.stringify(event("x"))));
    const bomb = zlib.zstdCompressSync(Buffer.alloc(21 * 1024 * 1024));
    const answers = await Promise.all([
      org.post(packed.subarray(0, -4), { "content-encoding": "gzip" }),
      org.post(bomb, { "content-encoding": "zstd" }),
      org.post(packed, { "content-encoding": "compress" }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [400, "corrupt_body"],
      [413, "body_too_large"],
      [415, "unsupported_encoding"],
    ]);
  });

  it("comes chunked: never taken for an empty batch", async () => {
    const org = await makeOrg();
    const sent = http.request(`${product.baseUrl}/api/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${org.key}` },
    });
    sent.write(JSON.stringify(event("chunked")));
    sent.end();
    const [answer] = (await once(sent, "response")) as [http.IncomingMessage];
    const body = JSON.parse((await answer.toArray()).join("")) as Json;
    expect([answer.statusCode, body.code]).toEqual([411, "length_required"]);
  });
});

describe("a credential", () => {
  it("is missing, malformed, unknown, revoked or lacks the scope", async () => {
    const org = await makeOrg();
    const post = (authorization?: string) =>
      request("/api/v1/events", {
        method: "POST",
        body: JSON.stringify(event("x")),
        ...(authorization ? { headers: { authorization } } : {}),
      });
    const revoked = await identity.makeApiKey(org.orgId);
    await identity.revokeApiKey(org.orgId, revoked.keyId);
    const cases = [
      [await post(), 401, "credential_missing", 'Bearer realm="headrace"'],
      [await post("Basic abc"), 401, "credential_missing", 'Bearer realm="headrace"'],
      [
        await post(`Bearer ${org.key.slice(0, -1)}`),
        401,
        "credential_malformed",
        'Bearer realm="headrace", error="invalid_token"',
      ],
      [
        await post(`Bearer ${makeApiKey(org.orgId).key}`),
        401,
        "credential_unknown",
        'Bearer realm="headrace", error="invalid_token"',
      ],
      [
        await post(`Bearer ${forgeApiKey(org.key)}`),
        401,
        "credential_unknown",
        'Bearer realm="headrace", error="invalid_token"',
      ],
      [
        await post(`Bearer ${revoked.key}`),
        401,
        "credential_revoked",
        'Bearer realm="headrace", error="invalid_token"',
      ],
    ] as const;
    for (const [answer, status, code, challenge] of cases) {
      expect([answer.status, answer.body.code, answer.headers.get("www-authenticate")]).toEqual([
        status,
        code,
        challenge,
      ]);
    }
    const reader = withKey(org.orgId, await identity.makeApiKey(org.orgId, ["events:read"]));
    const refused = await reader.post(event("x"));
    expect([refused.status, refused.body.code, refused.body.scope]).toEqual([403, "scope_missing", "events:write"]);
    expect(refused.headers.get("www-authenticate")).toContain('error="insufficient_scope", scope="events:write"');
    const writer = withKey(org.orgId, await identity.makeApiKey(org.orgId, ["events:write"]));
    expect((await writer.get("/api/v1/events")).status).toBe(403);
  });
});

describe("a query", () => {
  it.each([
    ["/api/v1/events?limit=0", "limit"],
    ["/api/v1/events?limit=many", "limit"],
    ["/api/v1/events?from=yesterday", "from"],
    ["/api/v1/events?form=2026-11-22T10:00:00Z", "form"],
    ["/api/v1/metrics/events?interval=week", "interval"],
    ["/api/v1/metrics/events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"],
    ["/api/v1/metrics/events?from=2000-01-01T00:00:00Z", "from"],
    ["/api/v1/ledger?from=1970-01-01T00:00:00Z", "from"],
  ])("%s names the parameter that is wrong", async (path, parameter) => {
    const org = await makeOrg();
    const { status, body } = await org.get(path);
    expect([status, body.code, body.parameter]).toEqual([400, "invalid_parameter", parameter]);
  });

  it("for a forged cursor, or one of other filters, is refused alike", async () => {
    const org = await makeOrg();
    const { body } = await org.post(["a", "b", "c"].map((id) => event(id)));
    await org.settled(body.receipt_id);
    const cursor = String((await org.get("/api/v1/events?limit=1")).body.next_cursor);
    expect((await org.get(`/api/v1/events?limit=2&cursor=${cursor}`)).status).toBe(200);
    for (const path of [
      `/api/v1/events?user_id=x&cursor=${cursor}`,
      `/api/v1/events?cursor=x${cursor}`,
      "/api/v1/events?cursor=AAAA",
    ]) {
      const answer = await org.get(path);
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_cursor"]);
    }
  });

  it("for ids that were never given out answers 404", async () => {
    const org = await makeOrg();
    for (const path of [
      "/api/v1/receipts/x",
      `/api/v1/receipts/${"A".repeat(50)}`,
      "/api/v1/events/none",
      "/api/v1/events/%2e%2e%2fx",
    ]) {
      expect((await org.get(path)).status).toBe(404);
    }
  });
});

describe("health", () => {
  it("is live, and ready with every dependency", async () => {
    expect(await request("/api/health/live")).toMatchObject({ status: 200, body: { status: "live" } });
    const { status, body } = await request("/api/health/ready");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "ready",
      checks: [
        { name: "event-hubs", ok: true },
        { name: "cosmos-db", ok: true },
        { name: "blobs", ok: true },
        { name: "key-vault", ok: true },
        { name: "checkpoints", ok: true },
        { name: "queues", ok: true },
      ],
    });
  });

  it("tells which build is ready: the bundle's, and none of the sources", async () => {
    expect((await request("/api/health/ready")).body.version).toBe(product.version);
  });
});
