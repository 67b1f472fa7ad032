import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { queryAll, sql } from "../../shared/store/cosmos.ts";
import { cosmos, type Json, makeOrg, request, type TestOrg } from "../support/product.ts";

/** Each org's events carry a secret of its own: an answer to the other org that has it anywhere is a leak. */
interface Tenant {
  readonly org: TestOrg;
  readonly secret: string;
  readonly receiptId: string;
  readonly cursor: string;
}

async function makeTenant(secret: string): Promise<Tenant> {
  const org = await makeOrg();
  const events = ["shared-id", `own-${secret}`, "third"].map((event_id) => ({
    event_id,
    event_type: `type-${secret}`,
    user_id: secret,
    properties: { secret },
  }));
  const { body } = await org.post([...events, { event_type: "", secret }]);
  await org.settled(body.receipt_id);
  const page = await org.get("/api/v1/events?limit=1");
  return { org, secret, receiptId: String(body.receipt_id), cursor: String(page.body.next_cursor) };
}

let a: Tenant;
let b: Tenant;

beforeAll(async () => {
  [a, b] = await Promise.all([makeTenant("alpha"), makeTenant("bravo")]);
});

/** All that the store holds of an org. */
async function everythingOf(orgId: string): Promise<string> {
  const rows = await Promise.all(
    [cosmos.containers.events, cosmos.containers.quarantine, cosmos.containers.jobs, cosmos.containers.identity].map(
      (container) => queryAll<Json>(container, sql("SELECT * FROM c WHERE c.org_id = @org", { org: orgId })),
    ),
  );
  return JSON.stringify(rows.map((found) => found.sort((x, y) => (String(x.id) < String(y.id) ? -1 : 1))));
}

describe("tenants are sealed", () => {
  it("no request with A's key reads or changes anything of B, whatever it names", async () => {
    const before = await everythingOf(b.org.orgId);
    // B's ids, cursors, receipts and names, and what surrounds them in requests.
    const foreign = (): fc.Arbitrary<string> =>
      fc.constantFrom(
        b.org.orgId,
        b.receiptId,
        b.cursor,
        `own-${b.secret}`,
        "shared-id",
        b.secret,
        `type-${b.secret}`,
        `${b.org.orgId}/shared-id`,
        `${b.receiptId}:3`,
        "*",
        "%2e%2e",
        "' OR true OR '1'='1",
      );
    const path = fc.oneof(
      foreign().map((id) => `/api/v1/events/${encodeURIComponent(id)}`),
      foreign().map((id) => `/api/v1/receipts/${encodeURIComponent(id)}`),
      foreign().map((id) => `/api/v1/quarantine/${encodeURIComponent(id)}`),
      fc.constantFrom("/api/v1/events", "/api/v1/metrics/events", "/api/v1/ledger"),
      foreign().map((id) => `/api/v1/jobs/${encodeURIComponent(id)}`),
      fc.constantFrom("/api/v1/quarantine", "/api/v1/metrics/quarantine", "/api/v1/jobs"),
    );
    const query = fc.dictionary(
      fc.constantFrom(
        "cursor",
        "org_id",
        "event_id",
        "user_id",
        "event_type",
        "from",
        "to",
        "limit",
        "key",
        "partitionKey",
      ),
      fc.oneof(foreign(), fc.constant("1000"), fc.constant("2000-01-01T00:00:00Z")),
      { maxKeys: 3 },
    );
    const headers = fc.dictionary(
      fc.constantFrom(
        "x-org-id",
        "x-ms-client-principal",
        "x-forwarded-host",
        "org_id",
        "cookie",
        "x-ms-documentdb-partitionkey",
        "x-original-url",
      ),
      fc.constantFrom(b.org.orgId, `["${b.org.orgId}"]`, `org_id=${b.org.orgId}`),
      { maxKeys: 2 },
    );
    await fc.assert(
      fc.asyncProperty(path, query, headers, async (where, parameters, extra) => {
        const search = new URLSearchParams(parameters).toString();
        const answer = await request(`${where}${search ? `?${search}` : ""}`, {
          headers: { ...extra, authorization: `Bearer ${a.org.key}` },
        });
        expect([200, 400, 404]).toContain(answer.status);
        // A's own texts may come back in an error; those that only B's store holds may not.
        const text = JSON.stringify(answer.status === 200 ? answer.body : {});
        expect(text).not.toContain(b.secret);
        if (where.includes(encodeURIComponent(b.receiptId))) expect(answer.status).toBe(search === "" ? 404 : 400);
      }),
      { numRuns: 400 },
    );
    expect(await everythingOf(b.org.orgId)).toBe(before);
  });

  it("no event that A sends lands in B, whatever its body names", async () => {
    const before = await everythingOf(b.org.orgId);
    const field = fc.constantFrom("org_id", "receipt_id", "id", "index", "ttl", "_etag", "quarantined");
    const body = fc.record(
      {
        event_type: fc.constantFrom("t", `type-${b.secret}`),
        event_id: fc.constantFrom("shared-id", `own-${b.secret}`, `${b.org.orgId}:shared-id`, b.receiptId),
        user_id: fc.constant(b.secret),
        properties: fc.dictionary(field, fc.constant(b.org.orgId)),
      },
      { requiredKeys: ["event_type"] },
    );
    const wrong = fc.tuple(body, field).map(([event, name]) => ({ ...event, [name]: b.org.orgId }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(body, wrong), { minLength: 1, maxLength: 5 }), async (events) => {
        const answer = await a.org.post(events, { "x-org-id": b.org.orgId });
        expect([202, 400]).toContain(answer.status);
        if (answer.status === 202) expect((await a.org.settled(answer.body.receipt_id)).accepted).toBe(events.length);
      }),
      { numRuns: 40 },
    );
    expect(await everythingOf(b.org.orgId)).toBe(before);
    expect((await b.org.get("/api/v1/ledger")).body.totals).toEqual({
      settled: 4,
      stored: 3,
      duplicate: 0,
      quarantined: 1,
    });
  });

  it("the same event id is another event in another org", async () => {
    const [own, other] = await Promise.all([
      a.org.get("/api/v1/events/shared-id"),
      b.org.get("/api/v1/events/shared-id"),
    ]);
    expect((own.body.event as Json).user_id).toBe("alpha");
    expect((other.body.event as Json).user_id).toBe("bravo");
  });

  it("a cursor, receipt or key of B is worth nothing with A's key, and reveals nothing", async () => {
    const forged = [`/api/v1/events?cursor=${b.cursor}`, `/api/v1/events?limit=1&cursor=${b.cursor}`];
    for (const path of forged) expect((await a.org.get(path)).body.code).toBe("invalid_cursor");
    const [theirs, nobodys] = await Promise.all([
      a.org.get(`/api/v1/receipts/${b.receiptId}`),
      a.org.get(`/api/v1/receipts/${"A".repeat(50)}`),
    ]);
    const stable = ({ request_id: _, ...body }: Json): Json => body;
    expect([theirs.status, stable(theirs.body)]).toEqual([nobodys.status, stable(nobodys.body)]);
    const mixed = b.org.key.replace(b.org.orgId, a.org.orgId);
    expect((await request("/api/v1/events", { headers: { authorization: `Bearer ${mixed}` } })).status).toBe(401);
  });
});
