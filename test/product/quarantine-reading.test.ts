import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { addMember, enter, makeEmptyOrg } from "../support/people.ts";
import { cosmos, type Json, makeOrg, type TestOrg } from "../support/product.ts";

/** Lines of a batch, each with what becomes of it. */
const lines = [
  Buffer.from('{"event_type":"paid","event_id":"good"}'),
  Buffer.from('{ "event_type" : "paid",  "user_id":7 ,"properties":{"ü":"\\u00fc"}}'),
  Buffer.from('{"event_type":"paid","user_id":'),
  Buffer.concat([Buffer.from('{"event_type":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
  Buffer.from('{"event_type":"sent","schema_version":3,"user_id":"ada","properties":{"a":1,"a":2}}'),
  Buffer.from('{"event_type":"sent","properties":{"n":12345678901234567891}}'),
];

let org: TestOrg;
let receipt: string;

beforeAll(async () => {
  org = await makeOrg();
  const body = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
  const posted = await org.post(body, { "content-type": "application/x-ndjson" });
  receipt = String(posted.body.receipt_id);
  expect(await org.settled(receipt)).toMatchObject({ stored: 1, quarantined: 5 });
});

async function list(of: Pick<TestOrg, "get">, query = ""): Promise<Json[]> {
  const { status, body } = await of.get(`/api/v1/quarantine${query}`);
  expect([query, status]).toEqual([query, 200]);
  return body.events as Json[];
}

const indexesOf = (events: readonly Json[]) => events.map(({ index }) => index);

describe("what is in quarantine", () => {
  it("is read byte for byte, with code, path, message, receipt and times", async () => {
    const expected = [
      [1, "wrong_type", "user_id", { as: "sent", text: String(lines[1]) }],
      [2, "not_json", "", { as: "sent", text: String(lines[2]) }],
      [3, "not_utf8", "", { as: "sent", base64: lines[3]?.toString("base64") }],
      [4, "repeated_name", "properties.a", { as: "sent", text: String(lines[4]) }],
      [5, "number_not_exact", "properties.n", { as: "sent", text: String(lines[5]) }],
    ] as const;
    for (const [index, code, path, event] of expected) {
      const { status, body } = await org.get(`/api/v1/quarantine/${receipt}:${index}`);
      expect([index, status]).toEqual([index, 200]);
      expect(body).toMatchObject({
        quarantine_id: `${receipt}:${index}`,
        receipt_id: receipt,
        index,
        code,
        path,
        event,
      });
      expect(Date.parse(String(body.expires_at)) - Date.parse(String(body.received_at))).toBe(30 * 86_400_000);
    }
    const { body } = await org.get(`/api/v1/quarantine/${receipt}:4`);
    expect(body).toMatchObject({ event_type: "sent", schema_version: 3, user_id: "ada" });
  });

  it("is listed without the events themselves, by code, type and time of receipt", async () => {
    const all = await list(org);
    expect(indexesOf(all)).toEqual([5, 4, 3, 2, 1]);
    expect(all.some((one) => "event" in one || "raw" in one || "org_id" in one)).toBe(false);
    const at = String(all[0]?.received_at);
    const after = new Date(Date.parse(at) + 1).toISOString();
    expect(indexesOf(await list(org, "?code=not_json"))).toEqual([2]);
    expect(indexesOf(await list(org, "?event_type=sent"))).toEqual([5, 4]);
    expect(indexesOf(await list(org, "?event_type=sent&code=repeated_name"))).toEqual([4]);
    expect(indexesOf(await list(org, `?from=${at}&to=${after}`))).toEqual([5, 4, 3, 2, 1]);
    expect(await list(org, `?to=${at}`)).toEqual([]);
    expect(await list(org, `?from=${after}`)).toEqual([]);
  });

  it("is listed page by page, by a cursor that is good for these filters and this org alone", async () => {
    const seen: unknown[] = [];
    let query = "?limit=2";
    let cursor: unknown;
    for (;;) {
      const { body } = await org.get(`/api/v1/quarantine${query}`);
      seen.push(...indexesOf(body.events as Json[]));
      if (body.next_cursor === null) break;
      cursor = body.next_cursor;
      query = `?limit=2&cursor=${String(cursor)}`;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const other = await makeOrg();
    for (const answer of [
      await org.get(`/api/v1/quarantine?code=not_json&cursor=${String(cursor)}`),
      await org.get(`/api/v1/metrics/quarantine?cursor=${String(cursor)}`),
      await other.get(`/api/v1/quarantine?limit=2&cursor=${String(cursor)}`),
    ])
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_cursor"]);
  });

  it("is counted by code and type, with the newest as an example", async () => {
    const { body } = await org.get("/api/v1/metrics/quarantine");
    const groups = body.groups as (Json & { example: Json })[];
    expect({ total: body.total, next: body.next_cursor }).toEqual({ total: 5, next: null });
    const found = groups.map(({ code, event_type, count, example }) => [code, event_type, count, example.index]);
    expect(found.sort()).toEqual([
      ["not_json", null, 1, 2],
      ["not_utf8", null, 1, 3],
      ["number_not_exact", "sent", 1, 5],
      ["repeated_name", "sent", 1, 4],
      ["wrong_type", "paid", 1, 1],
    ]);
    expect((await org.get("/api/v1/metrics/quarantine?event_type=sent")).body.total).toBe(2);
  });

  it("is 404 where there is nothing, and for another org the same, whatever the id says", async () => {
    const other = await makeOrg();
    const stable = ({ request_id: _, ...body }: Json): Json => body;
    const nobodys = await org.get(`/api/v1/quarantine/${"A".repeat(50)}:0`);
    expect([nobodys.status, nobodys.body.code]).toEqual([404, "quarantined_not_found"]);
    for (const [of, id] of [
      [other, `${receipt}:1`],
      [other, `${org.orgId}/${receipt}:1`],
      [org, `${receipt}:0`],
      [org, `${receipt}:01x`],
      [org, receipt],
      [org, `${receipt}:all`],
      [org, "a".repeat(2_000)],
      [org, "..%2f%3f#"],
    ] as const) {
      const answer = await of.get(`/api/v1/quarantine/${encodeURIComponent(id)}`);
      expect([id, answer.status, stable(answer.body)]).toEqual([id, 404, stable(nobodys.body)]);
    }
    expect(await list(other)).toEqual([]);
  });

  it("is read by viewers, and not by a key that only sends", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "cleo", "viewer");
    const cleo = await enter("cleo", orgId);
    const paths = ["/api/v1/quarantine", "/api/v1/metrics/quarantine", `/api/v1/quarantine/${receipt}:1`];
    const sender = await makeOrg(["events:write"]);
    for (const [i, path] of paths.entries()) {
      expect((await cleo.call("GET", path)).status).toBe(i === 2 ? 404 : 200);
      const refused = await sender.get(path);
      expect([refused.status, refused.body.scope]).toEqual([403, "events:read"]);
    }
  });
});

describe("a parameter that is not valid", () => {
  it.each([
    ["quarantine?code=none", "code"],
    ["quarantine?limit=1001", "limit"],
    ["quarantine?from=yesterday", "from"],
    ["quarantine?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"],
    ["quarantine?user_id=ada", "user_id"],
    ["metrics/quarantine?limit=5", "limit"],
    ["quarantine/x:1?limit=5", "limit"],
  ])("%s is named", async (path, parameter) => {
    const { status, body } = await org.get(`/api/v1/${path}`);
    expect([status, body.code, body.parameter]).toEqual([400, "invalid_parameter", parameter]);
  });
});

interface Kept {
  readonly release: string;
  readonly org_id: string;
  readonly documents: { readonly quarantine: readonly Json[] };
}
const folder = join(import.meta.dirname, "../fixtures/formats");
const releases = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Kept);

describe.each(releases)("what release $release has put in quarantine", ({ org_id, documents }) => {
  it("is listed, counted and read with what it has", async () => {
    const own = await makeOrg();
    const kept = documents.quarantine.filter((document) => document.org_id === org_id);
    for (const document of kept)
      await cosmos.containers.quarantine.items.create({ ...document, id: String(document.id), org_id: own.orgId });
    expect(kept).toHaveLength(2);
    expect(indexesOf(await list(own))).toEqual([null, 2]);
    expect((await own.get("/api/v1/metrics/quarantine")).body).toMatchObject({ total: 2, next_cursor: null });
    const [event, envelope] = await Promise.all(kept.map(({ id }) => own.get(`/api/v1/quarantine/${String(id)}`)));
    expect(event?.body).toMatchObject({
      code: "invalid_value",
      event: { as: "sent", text: '{"event_type":""}' },
    });
    expect(envelope?.body).toMatchObject({
      ...{ code: "unreadable_envelope", index: null },
      event: { as: "envelope", base64: Buffer.from("damaged").toString("base64") },
    });
  });
});

it("what a release up to 0.4.0 kept as JSON, and what lies in a blob that is gone, says so", async () => {
  const own = await makeOrg();
  const base = {
    org_id: own.orgId,
    receipt_id: receipt,
    received_at: "2026-11-22T10:00:00.000Z",
    message: "",
    path: "",
  };
  const parsed = { ...base, id: `${receipt}:0`, index: 0, code: "required", raw: { json: { user_id: "ü" } } };
  const blob = "quarantine/gone/0";
  const gone = { ...base, id: `${receipt}:1`, index: 1, code: "refused_by_store", raw: { blob } };
  for (const document of [parsed, gone]) await cosmos.containers.quarantine.items.create(document);
  const [first, second] = await Promise.all(["0", "1"].map((i) => own.get(`/api/v1/quarantine/${receipt}:${i}`)));
  expect(first?.body.event).toEqual({ as: "parsed", text: '{"user_id":"ü"}' });
  expect([second?.status, second?.body.event]).toEqual([200, null]);
});
