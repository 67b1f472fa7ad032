import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { EventHubProducerClient } from "@azure/event-hubs";
import { afterAll, describe, expect, it } from "vitest";
import { packContent } from "../../shared/envelope/content.ts";
import { encodeFrame } from "../../shared/envelope/frame.ts";
import { createCosmosQuarantineStore } from "../../shared/quarantine/cosmos-quarantine-store.ts";
import type { QuarantineDocument } from "../../shared/quarantine/quarantine-store.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { cosmos, type Json, makeOrg, product, readReceiptKeys, request, until } from "../support/product.ts";

const quarantine = createCosmosQuarantineStore(cosmos.containers.quarantine);
const event = (id: string, properties = "{}"): string =>
  `{"event_id":"${id}","event_type":"t","user_id":"u","schema_version":2,"properties":${properties}}`;
const names = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"n${i}":1`).join(",")}}`;

describe("a body that is half of JSON and half of lines", () => {
  it.each([
    ["a wrapper with NaN", `{"events":[\n${event("a")},\n${event("b", '{"n":NaN}')}\n]}`, 3],
    ["a wrapper cut off", `{"events":[\n${event("a")},\n${event("b")}`, 3],
    [
      "an event with a comment, and objects in its properties",
      `{"event_type":"t",\n"properties":[\n${event("a")}\n// and\n]}`,
      4,
    ],
    [
      "a byte of Latin-1",
      Buffer.concat([Buffer.from(`{"events":[\n${event("a")},\n"`), Buffer.of(0xe9), Buffer.from('"\n]}')]),
      3,
    ],
  ] satisfies [string, string | Buffer, number][])(
    "is refused, and nothing of it is stored: %s",
    async (_, body, line) => {
      const org = await makeOrg();
      const answer = await org.post(body);
      expect([answer.status, answer.body.code, answer.body.line]).toEqual([400, "invalid_json", line]);
      // What came after it is stored, so that it would have been too.
      const after = await org.post(event("after"));
      await org.settled(after.body.receipt_id);
      expect(((await org.get("/api/v1/events")).body.events as Json[]).map(({ event_id }) => event_id)).toEqual([
        "after",
      ]);
    },
  );

  it("is not taken for lines because one event of many is nested too deep", async () => {
    const org = await makeOrg();
    const deep = `${'{"a":'.repeat(101)}1${"}".repeat(101)}`;
    const many = Array.from({ length: 1_000 }, (_, i) => event(`e${i}`)).join(",\n");
    const answer = await org.post(`{"events":[\n${many},\n${event("deep", deep)}\n]}`);
    expect([answer.status, answer.body.code]).toEqual([400, "too_deep"]);
  });
});

describe("an event that parsing would change in silence", () => {
  it.each([
    ["an integer beyond a double", event("e", '{"a":[0,608548899684111178]}'), "number_not_exact", "properties.a[1]"],
    ["a name that stands twice", event("e", '{"plan":"free","plan":"paid"}'), "repeated_name", "properties.plan"],
  ])("waits in quarantine, its bytes as they were sent: %s", async (_, odd, code, path) => {
    const org = await makeOrg();
    const { body } = await org.post(`[ ${event("before")} , ${odd} ,\n${event("after")}]`);
    expect(body).toMatchObject({
      accepted: 3,
      quarantined: 1,
      results: [{ index: 1, code, path: `events[1].${path}` }],
    });
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 2, quarantined: 1 });
    expect(await quarantine.read(org.orgId, `${String(body.receipt_id)}:1`)).toMatchObject({
      code,
      path,
      event_id: "e",
      event_type: "t",
      user_id: "u",
      schema_version: 2,
      raw: { text: odd },
    });
  });

  it("is told of a wrapper with two lists of events: nothing is taken", async () => {
    const org = await makeOrg();
    const answer = await org.post(`{"events":[${event("a")}],"events":[${event("b")}]}`);
    expect([answer.status, answer.body.code, answer.body.line]).toEqual([400, "invalid_json", 1]);
  });
});

describe("a name with an escape", () => {
  it("is stored as it was sent, whatever names another org sent before", async () => {
    const [other, org] = [await makeOrg(), await makeOrg()];
    // V8 takes the second for the first: nodejs/node#63785.
    const poison = await other.post(event("poison", '{"plan":1,"caf\\\\u":1}'));
    const sent = await org.post(event("e", '{"plan":1,"caf\\u00e9s":2,"nul\\u0000":3}'));
    await Promise.all([other.settled(poison.body.receipt_id), org.settled(sent.body.receipt_id)]);
    const { body } = await org.get("/api/v1/events/e");
    expect((body.event as Json).properties).toEqual({ plan: 1, "caf\u00e9s": 2, "nul\u0000": 3 });
  });
});

describe("quarantine", () => {
  const producer = new EventHubProducerClient(product.env.EventHubConnection ?? "", product.env.EVENT_HUB_NAME ?? "");
  afterAll(() => producer.close());

  it("keeps what of an event is not JSON, not UTF-8 or too large, as it was sent", async () => {
    const org = await makeOrg();
    const large = event("large", JSON.stringify({ a: "x".repeat(256 * 1024) }));
    const broken = '{"event_id":"broken", 5';
    const spelled = '{"event_type" : "\\u0078", "timestamp":1.50}';
    const latin = Buffer.from('{"event_type":"caf\u00e9"}', "latin1");
    const lines = [event("ok"), broken, large, spelled].join("\n");
    const { body } = await org.post(Buffer.concat([Buffer.from(`${lines}\n`), latin]));
    expect((body.results as Json[]).map(({ code }) => code)).toEqual([
      "not_json",
      "too_large",
      "wrong_type",
      "not_utf8",
    ]);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1, quarantined: 4 });
    const kept = (await Promise.all(
      [1, 2, 3, 4].map((i) => quarantine.read(org.orgId, `${String(body.receipt_id)}:${i}`)),
    )) as QuarantineDocument[];
    expect(kept.map((document) => document?.raw)).toEqual([
      { text: broken },
      { text: large },
      { text: spelled },
      { base64: latin.toString("base64") },
    ]);
    expect([kept[0]?.event_type, kept[2]?.event_type]).toEqual([undefined, "x"]);
  });

  it("keeps an event with a name of megabytes, and tells of it in few words", async () => {
    const org = await makeOrg();
    const odd = `{"event_type":"t","${"x".repeat(3_000_000)}":1}`;
    const { body } = await org.post(`[${event("ok")},${odd}]`);
    expect(JSON.stringify(body).length).toBeLessThan(1_000);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1, quarantined: 1 });
    const kept = await quarantine.read(org.orgId, `${String(body.receipt_id)}:1`);
    expect(kept).toMatchObject({ code: "unknown_field", raw: { blob: expect.any(String) } });
  });

  it("takes what an envelope of an older release holds: an event as it was parsed", async () => {
    const org = await makeOrg();
    const old = { q: { code: "required", path: "event_type", message: "found missing", raw: { json: { a: 1 } } } };
    const { receiptId } = mintReceipt(await readReceiptKeys(), org.orgId, Date.now(), 1);
    const { body, bytes } = await packContent([JSON.stringify(old)]);
    const head = { org_id: org.orgId, receipt_id: receiptId, events: 1, bytes };
    await producer.sendBatch([{ body: encodeFrame({ kind: "inline", head, body }) }]);
    expect(await org.settled(receiptId)).toMatchObject({ quarantined: 1 });
    expect(await quarantine.read(org.orgId, `${receiptId}:0`)).toMatchObject({
      code: "required",
      raw: { json: { a: 1 } },
    });
  });
});

describe("a body that is cheap to send and expensive to take", () => {
  const zstd = { "content-encoding": "zstd" };

  it.each([
    ["too_many_names", event("e", names(5_001))],
    [
      "too_many_names",
      `[${Array(250)
        .fill(event("e", names(1_000)))
        .join(",")}]`,
    ],
    ["too_many_values", event("e", `{"a":[${"1,".repeat(1_000_000)}1]}`)],
    ["too_many_invalid_events", `[${event("ok")},${Array(1_001).fill("1").join(",")}]`],
  ])("is refused: %s", async (code, body) => {
    const org = await makeOrg();
    const answer = await org.post(zlib.zstdCompressSync(body), zstd);
    expect([answer.status, answer.body.code, answer.body.limit]).toEqual([400, code, expect.any(Number)]);
    expect(JSON.stringify(answer.body).length).toBeLessThan(30_000);
  });

  it("lets others be answered meanwhile: a million names, and white space", async () => {
    const org = await makeOrg();
    const bodies = [event("e", names(1_650_000)), `[${event("e")}${" ".repeat(20_000_000)}]`, "[".repeat(20_000_000)];
    // On a busy machine the first two may take so long that the third is told to come again, as an SDK would.
    const send = (body: string): Promise<number> =>
      until(async () => {
        const answer = await org.post(zlib.zstdCompressSync(body), zstd);
        return answer.body.code === "busy" ? undefined : answer.status;
      });
    const sending = Promise.all(bodies.map(send));
    let over = false;
    void sending.then(() => {
      over = true;
    });
    const waits: number[] = [];
    await until(async () => {
      const began = performance.now();
      await request("/api/health/live");
      waits.push(performance.now() - began);
      return over || undefined;
    });
    expect(await sending).toEqual([400, 202, 400]);
    // It was 8 s on a quiet machine; this one may be busy.
    expect(Math.max(...waits)).toBeLessThan(7_000);
  });

  it("as 1,000 invalid events is taken, and as one more is not", async () => {
    const org = await makeOrg();
    const { body } = await org.post(`[${event(randomBytes(4).toString("hex"))},${Array(1_000).fill("1").join(",")}]`);
    expect(body).toMatchObject({ accepted: 1_001, quarantined: 1_000 });
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1, quarantined: 1_000 });
  });
});
