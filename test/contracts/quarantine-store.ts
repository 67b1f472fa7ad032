import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type {
  OlderQuery,
  QuarantineDocument,
  QuarantineQuery,
  QuarantineStore,
  QuarantineSummary,
} from "../../shared/quarantine/quarantine-store.ts";
import { newOrg } from "./new-org.ts";

export interface QuarantineStoreUnderTest {
  open(): Promise<QuarantineStore>;
  /** Of a service that fails every call. */
  openAway(): Promise<QuarantineStore>;
}

function document(org_id: string, more: Partial<QuarantineDocument> = {}): QuarantineDocument {
  const receipt_id = randomUUID();
  const problem = { code: "wrong_type", path: "/user_id", message: "expected a string" } as const;
  const base = { id: `${receipt_id}:0`, org_id, receipt_id, index: 0, received_at: "2026-11-22T10:00:00.000Z" };
  return { ...base, ...problem, raw: { json: { event_type: 7 } }, ...more };
}

/** More than a document may have, in bytes of JSON. */
const tooLarge = { text: randomBytes(1_200_000).toString("hex") };

/** The contract of every adapter of the quarantine. */
export function describeQuarantineStore(name: string, { open, openAway }: QuarantineStoreUnderTest): void {
  describe(`quarantine store: ${name}`, () => {
    it.each<[string, QuarantineDocument["raw"]]>([
      ["JSON", { json: { a: [1, null, { ü: "語" }] } }],
      ["text", { text: '{"a":\u0007 "\\' }],
      ["bytes", { base64: randomBytes(40).toString("base64") }],
      ["a blob's name", { blob: "quarantine/a/b/0" }],
    ])("keeps an event whole that is given as %s, readable at once", async (_kind, raw) => {
      const store = await open();
      const kept = document(newOrg(), { raw });
      expect(await store.create([kept])).toEqual([{ status: "written" }]);
      expect(await store.read(kept.org_id, kept.id)).toMatchObject(kept);
    });

    it("keeps the first of two with the same id, and calls the second a conflict", async () => {
      const store = await open();
      const kept = document(newOrg());
      await store.create([kept]);
      expect(await store.create([{ ...kept, message: "another" }])).toEqual([{ status: "conflict" }]);
      expect(await store.read(kept.org_id, kept.id)).toMatchObject(kept);
    });

    it("lets one of many creates at once win", async () => {
      const store = await open();
      const kept = document(newOrg());
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, i) => store.create([{ ...kept, message: `try ${i}` }])),
      );
      expect(results.flat().filter(({ status }) => status === "written")).toHaveLength(1);
    });

    it("gives a result for each of hundreds of documents, in order, of whatever orgs", async () => {
      const store = await open();
      const orgs = [newOrg(), newOrg(), newOrg()];
      const documents = Array.from({ length: 300 }, (_, i) => document(orgs[i % 3] ?? ""));
      await store.create(documents.filter((_, i) => i % 7 === 0));
      const results = await store.create(documents);
      expect(results.map(({ status }) => status)).toEqual(
        documents.map((_, i) => (i % 7 === 0 ? "conflict" : "written")),
      );
      expect(await store.create([])).toEqual([]);
    });

    it("refuses a document that is too large, and keeps its neighbours", async () => {
      const store = await open();
      const org = newOrg();
      const documents = [document(org), document(org, { raw: tooLarge }), document(org)];
      const [, refused] = await store.create(documents);
      expect(refused?.status).toBe("refused");
      // It may report the neighbours as already there: when all were refused together, each is tried alone.
      for (const kept of [documents[0], documents[2]])
        expect(await store.read(org, kept?.id ?? "")).toMatchObject(kept ?? {});
      expect(await store.read(org, documents[1]?.id ?? "")).toBeUndefined();
      const [alone] = await store.create([document(org, { raw: tooLarge })]);
      expect(alone).toMatchObject({ status: "refused", reason: expect.stringContaining("413") });
    });

    it("gives an org's documents to that org only, although another has the same id", async () => {
      const store = await open();
      const [mine, theirs] = [newOrg(), newOrg()];
      const kept = document(mine, { message: "mine" });
      await store.create([kept]);
      expect(await store.read(theirs, kept.id)).toBeUndefined();
      expect(await store.create([{ ...kept, org_id: theirs, message: "theirs" }])).toEqual([{ status: "written" }]);
      expect(await store.read(mine, kept.id)).toMatchObject({ message: "mine" });
      expect(await store.read(theirs, kept.id)).toMatchObject({ message: "theirs" });
    });

    it("lists newest first, by code, type and time, page by page without a gap or a repetition", async () => {
      const store = await open();
      const org = newOrg();
      const at = (i: number) => `2026-11-22T10:00:00.00${Math.floor(i / 4)}Z`;
      const made = Array.from({ length: 17 }, (_, i) =>
        document(org, {
          received_at: at(i),
          code: i % 3 === 0 ? "too_deep" : "wrong_type",
          ...(i % 2 === 0 && { event_type: "paid" }),
        }),
      );
      await store.create([...made, document(newOrg())]);
      const summaries = made.map(({ raw, ...summary }) => summary);
      const newest = summaries.toSorted((a, b) => (a.received_at + a.id < b.received_at + b.id ? 1 : -1));
      const list = async (query: Partial<QuarantineQuery>) =>
        await store.query(org, { from: "0000", to: "A", limit: 100, ...query });
      expect(await list({})).toEqual(newest);
      expect(await list({ code: "too_deep" })).toEqual(newest.filter(({ code }) => code === "too_deep"));
      const paid = newest.filter(({ event_type }) => event_type === "paid");
      expect(await list({ eventType: "paid" })).toEqual(paid);
      const both = paid.filter(({ code }) => code === "too_deep");
      expect(await list({ eventType: "paid", code: "too_deep" })).toEqual(both);
      const range = newest.filter(({ received_at }) => received_at >= at(4) && received_at < at(8));
      expect(await list({ from: at(4), to: at(8) })).toEqual(range);
      const paged: QuarantineSummary[] = [];
      for (let after: QuarantineQuery["after"]; ; ) {
        const some = await list({ limit: 5, ...(after && { after }) });
        paged.push(...some);
        const last = some.at(-1);
        if (!last || some.length < 5) break;
        after = { receivedAt: last.received_at, id: last.id };
      }
      expect(paged).toEqual(newest);
    });

    it("replaces only a document that has not changed, by what is left of one as well, which no list has", async () => {
      const store = await open();
      const org = newOrg();
      const kept = document(org);
      await store.create([kept]);
      const { etag = "" } = (await store.read(org, kept.id)) ?? {};
      const tries = ["one", "two"].map((message) => store.replace({ ...kept, message }, etag));
      expect((await Promise.all(tries)).map(({ status }) => status).sort()).toEqual(["conflict", "written"]);
      const changed = await store.read(org, kept.id);
      expect(["one", "two"]).toContain((changed as QuarantineDocument).message);
      const ended = { what: "discarded", at: "2026-11-22T11:00:00.000Z" } as const;
      const remains = { id: kept.id, org_id: org, receipt_id: null, ended, ttl: 60 };
      expect(await store.replace(remains, etag)).toEqual({ status: "conflict" });
      expect(await store.replace(remains, changed?.etag ?? "")).toEqual({ status: "written" });
      expect(await store.read(org, kept.id)).toMatchObject(remains);
      expect(await store.read(org, kept.id)).not.toHaveProperty("raw");
      expect(await store.query(org, { from: "0000", to: "A", limit: 10 })).toEqual([]);
      expect(await store.create([kept])).toEqual([{ status: "conflict" }]);
      expect(await store.replace(document(org), etag)).toEqual({ status: "conflict" });
    });

    it("deletes only a document that has not changed", async () => {
      const store = await open();
      const kept = document(newOrg());
      const { org_id: org, id } = kept;
      await store.create([kept]);
      expect(await store.delete(org, id, '"another"')).toEqual({ status: "conflict" });
      const { etag = "" } = (await store.read(org, id)) ?? {};
      expect(await store.delete(org, id, etag)).toEqual({ status: "written" });
      expect(await store.delete(org, id, etag)).toEqual({ status: "conflict" });
      expect(await store.read(org, id)).toBeUndefined();
    });

    it("finds what is older than a time by org, the oldest first, some at a time, and nothing else", async () => {
      const store = await open();
      // Long before what other tests have made.
      const [one = "", two = "", three = ""] = ["01", "02", "03"].map((day) => `2000-01-${day}T00:00:00.000Z`);
      const [first = "", second = ""] = [newOrg(), newOrg()].sort();
      const make = (org: string, received_at: string) => document(org, { received_at, ttl: 100_000 });
      const same = [make(first, two), make(first, two)];
      const [a, b] = same.toSorted((one, other) => (one.id < other.id ? -1 : 1));
      const [oldest, young, other] = [make(first, one), make(first, three), make(second, one)];
      await store.create([young, other, ...same, oldest]);
      const find = async (query: Partial<OlderQuery>) => {
        const found = await store.findOlder({ before: three, orgId: "", limit: 1_000, ...query });
        return found.filter(({ org_id }) => [first, second].includes(org_id)).map(({ id }) => id);
      };
      expect(await find({})).toEqual([oldest.id, a?.id, b?.id, other.id]);
      expect(await find({ orgId: first })).toEqual([other.id]);
      expect(await find({ orgId: second })).toEqual([]);
      expect(await find({ orgId: first, received: oldest, limit: 1 })).toEqual([a?.id]);
      if (a) expect(await find({ orgId: first, received: a })).toEqual([b?.id]);
      const { id, org_id, received_at, ttl } = oldest;
      const received = { received_at: "", id: "" };
      expect(await store.findOlder({ before: two, orgId: first, received, limit: 9 })).toEqual([
        { id, org_id, received_at, ttl },
      ]);
      for (const made of [oldest, ...same, young, other])
        await store.delete(made.org_id, made.id, (await store.read(made.org_id, made.id))?.etag ?? "");
    });

    it("while the service is away, reports it for each document, and throws `store_unavailable` to a reader", async () => {
      const store = await openAway();
      const unavailable = { status: "unavailable", retryAfterMs: expect.any(Number), reason: expect.any(String) };
      expect(await store.create([document("a"), document("b")])).toEqual([unavailable, unavailable]);
      await expect(store.read("a", "b")).rejects.toMatchObject({ code: "store_unavailable" });
      const everything = { from: "0000", to: "A", limit: 1 };
      expect(await store.replace(document("a"), "e")).toEqual(unavailable);
      await expect(store.findOlder({ before: "2000", orgId: "", limit: 1 })).rejects.toMatchObject({
        code: "store_unavailable",
      });
      await expect(store.query("a", everything)).rejects.toMatchObject({ code: "store_unavailable" });
    });
  });
}
