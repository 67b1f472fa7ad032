import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Json, makeOrg, product, type TestOrg } from "../../support/product.ts";
import { readStored } from "../../support/stored-events.ts";

const send = async (body: string | Uint8Array<ArrayBuffer>, org?: TestOrg) => {
  const headers = { ...(org && { authorization: `Bearer ${org.key}` }), "content-type": "text/plain" };
  const answer = await fetch(`${product.baseUrl}/e/?ip=0`, { method: "POST", headers, body });
  return { status: answer.status, body: (await answer.json()) as Json };
};
const form = (json: string): string => `data=${encodeURIComponent(Buffer.from(json).toString("base64"))}`;
const zip = (bytes: string | Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(bytes));

describe("a body as a page of PostHog's sends it", () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, number, string]>([
    ["a gzip bomb", zip(Buffer.alloc(32 * 1024 * 1024, 0x20)), 413, "body_too_large"],
    ["gzip that is cut off", zip('{"event":"x"}').subarray(0, 20), 400, "corrupt_body"],
    ["a form of what is not base64", "data=%3C%3E", 400, "corrupt_body"],
    ["a form of base64 of no JSON", form("no JSON"), 400, "invalid_json"],
    ["a form with a form", form(form("[]")), 400, "invalid_json"],
    ["no event at all", form("[]"), 400, "empty_batch"],
    ["a number", form("5"), 400, "invalid_body"],
    ["a name twice", form('{"batch":[],"batch":[]}'), 400, "empty_batch"],
    ["what is nested without end", form("[".repeat(100_000)), 400, "too_deep"],
  ])("that is %s is refused, and the problem says why", async (_, body, status, code) => {
    const org = await makeOrg();
    const signed = await send(body, org);
    expect([signed.status, signed.body.code]).toEqual([status, code]);
    // Where nobody is known by it, it is no failure either.
    expect([400, 401, 413]).toContain((await send(body)).status);
  });

  it("that has one key in a header and another org's within is the first one's, and no key is stored", async () => {
    const [org, other] = await Promise.all([makeOrg(), makeOrg()]);
    const event = { event: "seen", properties: { distinct_id: "ada", token: other.key } };
    expect((await send(form(JSON.stringify({ api_key: other.key, batch: [event] })), org)).status).toBe(200);
    // Without a header, the key around the events decides, and then the first event's.
    expect((await send(JSON.stringify([event, { event: "seen", properties: { token: org.key } }]))).status).toBe(200);
    const [own, others] = await Promise.all([readStored(org, 1), readStored(other, 2)]);
    expect([own.length, others.length]).toEqual([1, 2]);
    for (const key of [org.key, other.key]) expect(JSON.stringify([own, others])).not.toContain(key);
  });

  it("that has a key in an event that is not valid keeps nothing but stars of it in quarantine", async () => {
    const org = await makeOrg(["events:write", "events:read"]);
    const event = { event: "x".repeat(201), properties: { token: org.key } };
    const { body } = await send(form(JSON.stringify(event)));
    await org.settled(body.receipt_id);
    const kept = await org.get(`/api/v1/quarantine/${String(body.receipt_id)}:0`);
    expect(kept.status).toBe(200);
    expect(JSON.stringify(kept.body)).not.toContain(org.key);
    expect(JSON.stringify(kept.body)).toContain("*".repeat(20));
  });

  it("that has events whose ids are no texts keeps each of them in quarantine, and takes none for another", async () => {
    const org = await makeOrg();
    const { body } = await send(JSON.stringify(["a", "b"].map((event) => ({ event, uuid: { n: event } }))), org);
    expect(body).toMatchObject({ accepted: 2, duplicate: 0, quarantined: 2 });
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 0, quarantined: 2 });
  });

  it("that names what objects are made of is stored as it was sent", async () => {
    const org = await makeOrg();
    const properties = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"distinct_id":"ada"}';
    const names = ["__proto__", "constructor", "toString", "seen"];
    const batch = names.map((event) => `{"event":"${event}","properties":${properties},"$set":{"__proto__":{"a":1}}}`);
    expect((await send(form(`[${batch.join(",")}]`), org)).body).toMatchObject({ accepted: 4, quarantined: 0 });
    const events = await readStored(org, 4);
    expect(events.map(({ event_type }) => event_type).sort()).toEqual(names.toSorted());
    for (const event of events) {
      expect(JSON.stringify(event.properties)).toBe(properties);
      expect(event).toMatchObject({ user_id: "ada" });
    }
  });
});
