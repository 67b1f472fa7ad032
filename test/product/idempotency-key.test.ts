import { describe, expect, it } from "vitest";
import { type Json, makeOrg, type TestOrg } from "../support/product.ts";

const types = ["first", "second", "third"];
const batch = types.map((event_type) => ({ event_type, properties: { n: 1 } }));
const under = (key: string) => ({ "idempotency-key": key });

async function readAll(org: TestOrg): Promise<Json[]> {
  return (await org.get("/api/v1/events?limit=1000")).body.events as Json[];
}

describe("a batch with an Idempotency-Key", () => {
  it("is stored once, though it comes 50 times at once, each with a clock of its own", async () => {
    const org = await makeOrg();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        org.post({ events: batch, sent_at: new Date(Date.now() - i).toISOString() }, under("order 17")),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const receipts = await Promise.all(answers.map(({ body }) => org.settled(body.receipt_id)));
    const sum = (of: string) => receipts.reduce((total, receipt) => total + Number(receipt[of]), 0);
    expect([sum("stored"), sum("duplicate"), sum("quarantined")]).toEqual([3, 147, 0]);
    const codes = receipts.flatMap(({ results }) => (results as Json[]).map(({ code }) => code));
    expect(new Set(codes)).toEqual(new Set([null]));
    const events = await readAll(org);
    expect(events.map(({ event_type }) => event_type).sort()).toEqual(types);
    expect(events.flatMap((event) => Object.keys(event))).not.toContain("content_hash");
  });

  it("that comes again with other content is told so in its receipt, event by event, and changes nothing", async () => {
    const org = await makeOrg();
    const first = await org.post(batch, under("k"));
    expect(await org.settled(first.body.receipt_id)).toMatchObject({ stored: 3 });
    const other = [batch[0], { ...batch[1], properties: { n: 2 } }, batch[2], { event_type: "fourth" }];
    const second = await org.post(other, under("k"));
    expect(await org.settled(second.body.receipt_id)).toMatchObject({
      stored: 1,
      duplicate: 3,
      results: [
        { index: 0, result: "duplicate", code: null },
        { index: 1, result: "duplicate", code: "idempotency_conflict" },
        { index: 2, result: "duplicate", code: null },
      ],
    });
    const withContext = await org.post({ events: batch, context: { os: "x" } }, under("k"));
    const { results } = await org.settled(withContext.body.receipt_id);
    expect((results as Json[]).map(({ code }) => code)).toEqual(Array(3).fill("idempotency_conflict"));
    expect((await readAll(org)).filter(({ event_type }) => event_type === "second")).toMatchObject([
      { properties: { n: 1 } },
    ]);
  });

  it("leaves events their own ids, and is the org's own", async () => {
    const [org, other] = [await makeOrg(), await makeOrg()];
    const sent = [{ event_id: "own", event_type: "x" }, { event_type: "y" }];
    for (const each of [org, other]) {
      const { body } = await each.post(sent, under("k"));
      expect(await each.settled(body.receipt_id)).toMatchObject({ stored: 2 });
    }
    const again = await org.post([{ event_id: "own", event_type: "z" }], under("other"));
    const { results } = await org.settled(again.body.receipt_id);
    expect(results).toMatchObject([{ index: 0, result: "duplicate", code: null }]);
    const elsewhere = await org.post([{ event_type: "z" }, { event_type: "y" }], under("another"));
    expect(await org.settled(elsewhere.body.receipt_id)).toMatchObject({ stored: 2 });
  });

  it.each([
    ["empty", ""],
    ["over 255 characters", "k".repeat(256)],
    ["given twice", "a, b"],
    ["given twice, the same", "a,a"],
  ])("that is %s is a 400, and nothing is taken", async (_, key) => {
    const org = await makeOrg();
    const { status, body } = await org.post(batch, under(key));
    expect([status, body.code, body.header]).toEqual([400, "invalid_header", "Idempotency-Key"]);
    expect((await org.post(batch, under("k".repeat(255)))).status).toBe(202);
  });
});
