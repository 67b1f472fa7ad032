import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LoggedRequest } from "../../local/launcher/usage/cosmos-request-log.ts";
import { type Route, routes } from "../../shared/http/routes.ts";
import { isOrgScope } from "../../shared/identity/roles.ts";
import { createCosmosTimerRuns } from "../../shared/operator/cosmos-timer-runs.ts";
import { queryAll, sql } from "../../shared/store/cosmos.ts";
import { connectPeople, type Member, type People } from "../support/connect-people.ts";
import type { Json, RunningProduct } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

/** An org with every kind of thing that another org could ask for by id. */
interface Tenant {
  readonly orgId: string;
  /** Credentials by their holder: the roles, and an API key. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly viewer: Member;
  settled(receiptId: unknown): Promise<Json>;
  /** Ids of all kinds, and cursors. */
  readonly ids: readonly string[];
}

let logDir: string;
let running: TestStack;
let product: RunningProduct;
let people: People;
let tenants: Tenant[];
let log: number;
let readTo = 0;

/** The requests to Cosmos DB since the last call. A line that is being written is left for the next one. */
function readLog(): LoggedRequest[] {
  const bytes = Buffer.alloc(fstatSync(log).size - readTo);
  const read = bytes.subarray(0, readSync(log, bytes, 0, bytes.length, readTo));
  const whole = read.subarray(0, read.lastIndexOf("\n") + 1);
  readTo += whole.length;
  return whole
    .toString()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LoggedRequest); // prettier-ignore
}

async function makeTenant(): Promise<Tenant> {
  const orgId = await people.makeEmptyOrg();
  await people.addMember(orgId, "ada", "admin");
  await people.addMember(orgId, "ben", "member");
  await people.addMember(orgId, "cleo", "viewer");
  const colleague = await people.addMember(orgId, `only-in-${orgId}`, "viewer");
  const [admin, member, viewer] = [
    await people.enter("ada", orgId),
    await people.enter("ben", orgId),
    await people.enter("cleo", orgId),
  ];
  const apiKey = await product.identity.makeApiKey(orgId);
  const org = product.withKey(orgId, apiKey);
  const events = ["shared-id", `own-${orgId}`, "third"].map((event_id) => ({ event_id, event_type: `type-${orgId}` }));
  const { receipt_id } = (await org.post([...events, { event_type: "" }])).body;
  await org.settled(receipt_id);
  const made = await admin.call("POST", "/api/v1/keys", { name: "spare", scopes: ["events:read"] });
  const invited = await admin.call("POST", "/api/v1/members", { role: "viewer" });
  const spare = await people.enter("ben", orgId);
  const discarded = { code: "too_large", reason: "none is" };
  const job = (await admin.call("POST", "/api/v1/quarantine/discard", discarded)).body.job_id;
  await until(async () => (await admin.call("GET", `/api/v1/jobs/${job}`)).body.state === "done" || undefined);
  const cursors = [await org.get("/api/v1/events?limit=1"), await admin.call("GET", "/api/v1/audit?limit=1")];
  const ids = [
    ...[orgId, colleague, spare.sessionId, "shared-id", `own-${orgId}`, `type-${orgId}`, String(receipt_id)],
    ...[String((made.body.api_key as Json).key_id), String((invited.body.invitation as Json).invitation_id)],
    String(job),
    ...cursors.map(({ body }) => String(body.next_cursor)),
  ];
  const credentials = { admin: admin.token, member: member.token, viewer: viewer.token, key: apiKey.key };
  return { orgId, credentials, viewer, ids, settled: org.settled };
}

/**
 * The sweep looks for slots of all orgs that have deltas or open entries, and finds those of the org that has just sent
 * events; and for jobs of all orgs that stand still.
 */
const SWEEP_QUERIES = [
  "SELECT DISTINCT c.org_id, c.slot FROM c",
  "SELECT c.org_id, c.slot FROM c WHERE c.kind",
  "SELECT c.id, c.org_id, c.place, c.steps, c.moved_at FROM c WHERE c.place",
];
/** Of the quarantine it looks at what is older than a time, of all orgs, as the SDK asks each range for it. */
const OLDER = "c.received_at < @before";

/** The org whose documents a request to Cosmos DB was about; undefined when it was about all orgs'. */
function orgsOf(record: LoggedRequest): readonly string[] | undefined {
  const { partitionKey, query, operation, orgs } = record;
  if (partitionKey !== undefined) return [...orgs, String((JSON.parse(partitionKey) as unknown[])[0])];
  if (query === undefined) return operation === "bulk" ? orgs : undefined;
  const { query: text, parameters } = JSON.parse(query) as {
    query: string;
    parameters?: { name: string; value: unknown }[];
  };
  if (
    SWEEP_QUERIES.some((query) => text.startsWith(query)) ||
    text.includes(OLDER) ||
    (text.includes("groupByItems") && text.includes("c.slot"))
  )
    return orgs;
  const bound = parameters?.find(({ name }) => name === "@org")?.value;
  const filtered = /WHERE \(*c\.org_id = @org\b/.test(text) || /AND \(*c\.org_id = @org\b/.test(text);
  return filtered && typeof bound === "string" ? [...orgs, bound] : undefined;
}

function isAboutTenants({ resourceType, container }: LoggedRequest): boolean {
  return resourceType === "docs" && container !== "control";
}

beforeAll(async () => {
  logDir = await mkdtemp(join(tmpdir(), "headrace-isolation-"));
  const requestLog = join(logDir, "cosmos-requests.ndjson");
  log = openSync(requestLog, "a+");
  running = await startTestStack({ cosmosArgs: ["--request-log", requestLog] });
  product = running.product;
  people = connectPeople(product, running.stack);
  // The sweep of the start is over before there is anything to sweep: it would come to the tenants later, unasked.
  const timers = createCosmosTimerRuns(product.cosmos.containers.control);
  await until(() => timers.read("sweep-ledger"), 60_000);
  tenants = [await makeTenant(), await makeTenant(), await makeTenant()];
});

afterAll(async () => {
  await running.end();
  closeSync(log);
  await rm(logDir, { recursive: true, force: true });
});

/** Until no timer has anything left to do for anyone. */
async function untilIdle(): Promise<void> {
  await until(async () => {
    const open = await queryAll(product.cosmos.containers.ledger, sql("SELECT * FROM c WHERE c.open = true", {}));
    return open.length === 0 ? true : undefined;
  }, 30_000);
  readLog();
}

/** The new lines of the log are about one org only. Gives the number of requests to the store. */
function expectOwnOnly({ orgId }: Tenant): number {
  const touched = readLog().filter((record) => isAboutTenants(record) && record.operation !== "plan");
  for (const record of touched) {
    const others = (orgsOf(record) ?? ["everyone"]).filter((org) => org !== orgId);
    expect({ ...record, others }).toMatchObject({ others: [] });
  }
  return touched.length;
}

it("1,000 preflights ask no store about anybody", async () => {
  await untilIdle();
  const headers = { origin: "https://shop.example", "access-control-request-method": "POST" };
  for (let sent = 0; sent < 1_000; sent += 50) {
    const batch = Array.from({ length: 50 }, () => product.request("/api/v1/events", { method: "OPTIONS", headers }));
    for (const { status } of await Promise.all(batch)) expect(status).toBe(204);
  }
  expect(
    readLog().filter(({ resourceType, container }) => resourceType === "docs" && container === "identity"),
  ).toEqual([]);
});

const orgRoutes = Object.values<Route>(routes).filter(({ access }) => isOrgScope(access));

function requests(own: Tenant, foreign: readonly string[]) {
  const id = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...foreign) },
    { weight: 2, arbitrary: fc.constantFrom(...own.ids) },
    fc.constantFrom(
      "org",
      "person",
      "*",
      "../x",
      "member:x",
      `["${foreign[0]}"]`,
      "' OR true OR '1'='1",
      "A".repeat(43),
    ),
  );
  const value = fc.oneof(id, fc.constantFrom("1000", "1", "2000-01-01T00:00:00Z", "all", "key.created", "day"));
  const query = fc.dictionary(
    fc.constantFrom("cursor", "org_id", "user_id", "event_type", "from", "to", "limit", "member_id", "actor", "action"),
    value,
    { maxKeys: 3 },
  );
  const body = fc.oneof(
    fc.record({ role: fc.constantFrom("viewer", "admin"), note: id }, { requiredKeys: ["role"] }),
    fc.record({ name: id, scopes: fc.constant(["events:read"]) }),
    fc.record({ event_type: id, event_id: id, user_id: id }, { requiredKeys: ["event_type"] }),
    fc.record({ overlap_seconds: fc.constantFrom(0, 60) }),
    fc.dictionary(fc.constantFrom("org_id", "role", "id", "member_id", "scopes", "name"), id),
  );
  const headers = fc.dictionary(
    fc.constantFrom("x-org-id", "x-ms-client-principal", "x-forwarded-host", "x-ms-documentdb-partitionkey", "cookie"),
    fc.constantFrom(...foreign.slice(0, 3)),
    { maxKeys: 2 },
  );
  return fc.record({
    who: fc.constantFrom("admin", "admin", ...Object.keys(own.credentials)),
    route: fc.constantFrom(...orgRoutes),
    ids: fc.array(id, { minLength: 2, maxLength: 2 }),
    query: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: query }),
    body,
    headers,
  });
}

describe("the documents that a request touches", () => {
  it("are seen in the log, another org's document among them", async () => {
    const [a, b] = tenants;
    await untilIdle();
    await product.cosmos.containers.identity.item("org", b?.orgId).read();
    await queryAll(
      product.cosmos.containers.events,
      sql("SELECT * FROM c WHERE c.org_id = @org", { org: b?.orgId ?? "" }),
    );
    await queryAll(
      product.cosmos.containers.events,
      sql("SELECT VALUE COUNT(1) FROM c WHERE c.event_type != @x", { x: "" }),
    );
    const seen = readLog()
      .filter(isAboutTenants)
      .filter(({ operation }) => operation !== "plan")
      .map(orgsOf); // prettier-ignore
    expect(seen.flatMap((orgs) => orgs ?? ["everyone"])).toEqual(expect.arrayContaining([b?.orgId, "everyone"]));
    expect(seen.flat()).not.toContain(a?.orgId);
  });

  it("are of its own org only, for random roles, orgs, routes, ids, filters, bodies and headers", async () => {
    const counts: Record<string, number> = {};
    for (const own of tenants) {
      await untilIdle();
      const foreign = tenants.filter((tenant) => tenant !== own).flatMap(({ ids }) => ids);
      await fc.assert(
        fc.asyncProperty(requests(own, foreign), async ({ who, route, ids, query, body, headers }) => {
          const path = ids.reduce((text, one) => text.replace(/\{\w+\}/, () => encodeURIComponent(one)), route.path);
          const search = new URLSearchParams(query).toString();
          const sends = route.method === "POST" || route.method === "PATCH";
          const answer = await product.request(`/${path}${search === "" ? "" : `?${search}`}`, {
            method: route.method,
            headers: { ...headers, authorization: `Bearer ${own.credentials[who]}` },
            ...(sends ? { body: JSON.stringify(body) } : {}),
          });
          expect(answer.status).toBeLessThan(500);
          // The stack's own requests for the org's events are the org's as well, and must not be taken for another's
          // later on.
          const receipt = answer.body.receipt_id ?? answer.headers.get("x-receipt-id");
          if (typeof receipt === "string") await own.settled(receipt);
          const touched = expectOwnOnly(own);
          const key = `${answer.status}`;
          counts[key] = (counts[key] ?? 0) + 1;
          counts.touched = (counts.touched ?? 0) + touched;
        }),
        { numRuns: 250 },
      );
      // And a session's refresh.
      readLog();
      expect((await own.viewer.browser.post(`${people.auth}/refresh`)).status).toBe(200);
      expect(expectOwnOnly(own)).toBeGreaterThan(1);
    }
    // Not every request was refused before the store was asked.
    expect(counts.touched).toBeGreaterThan(200);
    expect(counts["200"]).toBeGreaterThan(30);
    expect(counts["403"]).toBeGreaterThan(10);
    expect(counts["404"]).toBeGreaterThan(10);
  });
});
