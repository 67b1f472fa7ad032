import { describe, expect, it } from "vitest";
import type { EventDocument, EventQuery, EventStore, Tombstone } from "../../shared/event/event-store.ts";
import { newOrg } from "./new-org.ts";

function event(org_id: string, id: string, more: Partial<EventDocument> = {}): EventDocument {
  return {
    id,
    org_id,
    event_id: id,
    event_type: "page.viewed",
    timestamp: "2026-11-22T10:00:00.000Z",
    received_at: "2026-11-22T10:00:01.000Z",
    receipt_id: "r1",
    index: 0,
    ...more,
  };
}

const everything: EventQuery = { from: "0000", to: "A", limit: 1_000 };

/** The contract of every adapter of the event store. */
export function describeEventStore(name: string, make: () => EventStore): void {
  describe(`event store: ${name}`, () => {
    it("creates a document once, whatever is created beside it", async () => {
      const store = make();
      const org = newOrg();
      expect(await store.create([event(org, "a"), event(org, "b")])).toEqual([
        { status: "written" },
        { status: "written" },
      ]);
      const results = await store.create([
        event(org, "b", { receipt_id: "r2" }),
        event(org, "c"),
        event(newOrg(), "a"),
      ]);
      expect(results.map((result) => result.status)).toEqual(["conflict", "written", "written"]);
      expect((await store.read(org, "b"))?.receipt_id).toBe("r1");
    });

    it("lets one of many creates at once win", async () => {
      const store = make();
      const org = newOrg();
      const tries = Array.from({ length: 12 }, (_, i) => [
        event(org, "a", { receipt_id: `r${i}` }),
        event(org, `b${i}`),
      ]);
      const results = await Promise.all(tries.map((documents) => store.create(documents)));
      expect(results.filter(([first]) => first?.status === "written")).toHaveLength(1);
      expect(results.every(([, second]) => second?.status === "written")).toBe(true);
    });

    it("creates hundreds of documents in one call, and gives a result for each", async () => {
      const store = make();
      const org = newOrg();
      const ids = Array.from({ length: 450 }, (_, i) => `e${i}`);
      await store.create(ids.filter((_, i) => i % 3 === 0).map((id) => event(org, id)));
      const results = await store.create(ids.map((id) => event(org, id, { receipt_id: "r2" })));
      expect(results.map((result) => result.status)).toEqual(ids.map((_, i) => (i % 3 === 0 ? "conflict" : "written")));
      const occupants = await store.findOccupants(org, ids);
      expect(ids.map((id) => occupants.get(id)?.receiptId)).toEqual(ids.map((_, i) => (i % 3 === 0 ? "r1" : "r2")));
    });

    it("gives the document under an id, in this org only", async () => {
      const store = make();
      const [org, other] = [newOrg(), newOrg()];
      const mark = { mark: "r0:0", code: "refused_by_store", reason: "400" } as const;
      const tombstone: Tombstone = { id: "t", org_id: org, receipt_id: null, quarantined: [mark], ttl: 60 };
      await store.create([event(org, "a"), tombstone, event(other, "z")]);
      const occupants = await store.findOccupants(org, ["a", "t", "z", "missing"]);
      expect([...occupants.keys()].sort()).toEqual(["a", "t"]);
      expect(occupants.get("a")).toMatchObject({ receiptId: "r1", index: 0, quarantined: [] });
      expect(occupants.get("t")).toMatchObject({ receiptId: null, quarantined: [mark] });
      expect(await store.read(org, "t")).toBeUndefined();
      expect((await store.query(org, everything)).events.map(({ id }) => id)).toEqual(["a"]);
    });

    it("replaces only an unchanged document", async () => {
      const store = make();
      const org = newOrg();
      await store.create([{ id: "t", org_id: org, receipt_id: null, quarantined: [], ttl: 60 }]);
      const etag = (await store.findOccupants(org, ["t"])).get("t")?.etag ?? "";
      const both = await Promise.all([
        store.replace(event(org, "t", { receipt_id: "r2" }), etag),
        store.replace(event(org, "t", { receipt_id: "r3" }), etag),
      ]);
      expect(both.map((result) => result.status).sort()).toEqual(["conflict", "written"]);
      expect((await store.replace(event(org, "gone"), etag)).status).toBe("conflict");
      const winner = both[0]?.status === "written" ? "r2" : "r3";
      expect((await store.read(org, "t"))?.receipt_id).toBe(winner);
    });

    it("pages newest first, without a gap or a repetition, also while events come in", async () => {
      const store = make();
      const org = newOrg();
      const at = (i: number) => `2026-11-22T10:00:00.00${Math.floor(i / 4)}Z`;
      const made = Array.from({ length: 25 }, (_, i) => event(org, `e${i}`, { timestamp: at(i) }));
      await store.create(made);
      const seen: string[] = [];
      for (let after: EventQuery["after"]; ; ) {
        const page = await store.query(org, { ...everything, limit: 4, ...(after ? { after } : undefined) });
        seen.push(...page.events.map(({ id }) => id));
        const last = page.events.at(-1);
        if (page.complete || !last) break;
        after = { timestamp: last.timestamp, id: last.id };
        await store.create([event(org, `new${seen.length}`, { timestamp: "2026-11-23T00:00:00.000Z" })]);
      }
      const byTimeAndId = [...made].sort((a, b) => (a.timestamp + a.id < b.timestamp + b.id ? 1 : -1));
      expect(seen).toEqual(byTimeAndId.map(({ id }) => id));
    });

    it("filters by time, type, user and schema version", async () => {
      const store = make();
      const org = newOrg();
      await store.create([
        event(org, "a", { timestamp: "2026-11-22T10:00:00.000Z", user_id: "u1", schema_version: 1 }),
        event(org, "b", { timestamp: "2026-11-22T11:00:00.000Z", user_id: "u2", event_type: "語" }),
        event(org, "c", { timestamp: "2026-11-22T12:00:00.000Z", user_id: "u1", schema_version: 2 }),
      ]);
      const find = async (query: Partial<EventQuery>) =>
        (await store.query(org, { ...everything, ...query })).events.map(({ id }) => id);
      expect(await find({})).toEqual(["c", "b", "a"]);
      expect(await find({ from: "2026-11-22T11:00:00.000Z" })).toEqual(["c", "b"]);
      expect(await find({ to: "2026-11-22T11:00:00.000Z" })).toEqual(["a"]);
      expect(await find({ eventTypes: ["語"] })).toEqual(["b"]);
      expect(await find({ userIds: ["u1"] })).toEqual(["c", "a"]);
      expect(await find({ userIds: ["u1"], schemaVersions: [2] })).toEqual(["c"]);
      expect(await find({ eventTypes: ["page.viewed' OR true"] })).toEqual([]);
    });

    it("pages through what has one of several values, newest first, each event once", async () => {
      const store = make();
      const org = newOrg();
      // Many have the same time, so that the ids decide, and one value has most of them.
      const made = Array.from({ length: 120 }, (_, i) =>
        event(org, `e${String(i * 37).padStart(4, "0")}`, {
          timestamp: `2026-11-22T10:00:00.${String(Math.floor(i / 5)).padStart(3, "0")}Z`,
          event_type: `t${i % 7 === 0 ? i % 4 : 4}`,
          user_id: `u${i % 9}`,
          schema_version: 1 + (i % 3),
        }),
      );
      await store.create(made);
      const readAll = async (query: Partial<EventQuery>): Promise<string[]> => {
        const seen: string[] = [];
        for (let after: EventQuery["after"]; ; ) {
          const page = await store.query(org, { ...everything, ...query, ...(after && { after }) });
          seen.push(...page.events.map(({ id }) => id));
          const last = page.events.at(-1);
          if (page.complete || !last) return seen;
          expect(page.events.length).toBe(query.limit);
          after = { timestamp: last.timestamp, id: last.id };
        }
      };
      const expected = (isIn: (one: EventDocument) => boolean) =>
        made
          .filter(isIn)
          .sort((a, b) => (a.timestamp + a.id < b.timestamp + b.id ? 1 : -1))
          .map(({ id }) => id);
      const ofTypes = { eventTypes: ["t0", "t1", "t3", "t4", "none"] };
      const isOfTypes = (one: EventDocument) => one.event_type !== "t2";
      for (const limit of [7, 60]) expect(await readAll({ ...ofTypes, limit })).toEqual(expected(isOfTypes));
      const people = { userIds: ["u1", "u8", "nobody"], eventTypes: ["t4", "t0"], schemaVersions: [1, 3], limit: 4 };
      expect(await readAll(people)).toEqual(
        expected(
          (one) =>
            ["u1", "u8"].includes(one.user_id ?? "") &&
            ["t4", "t0"].includes(one.event_type) &&
            one.schema_version !== 2,
        ),
      );
    });

    it("pages through what has one of several values in each of some columns, whatever else is asked for", async () => {
      const store = make();
      const org = newOrg();
      const made = Array.from({ length: 60 }, (_, i) =>
        event(org, `e${String(i * 37).padStart(4, "0")}`, {
          timestamp: `2026-11-22T10:00:00.${String(Math.floor(i / 5)).padStart(3, "0")}Z`,
          user_id: `u${i % 2}`,
          ...(i % 4 === 0 ? undefined : { p1: `v${i % 5}` }),
          ...(i % 7 === 0 ? undefined : { p5: `w${i % 3}` }),
        }),
      );
      await store.create([...made, event(newOrg(), "other", { p1: "v1", p5: "w1" })]);
      const readAll = async (query: Partial<EventQuery>): Promise<string[]> => {
        const seen: string[] = [];
        for (let after: EventQuery["after"]; ; ) {
          const page = await store.query(org, { ...everything, limit: 3, ...query, ...(after && { after }) });
          seen.push(...page.events.map(({ id }) => id));
          const last = page.events.at(-1);
          if (page.complete || !last) return seen;
          after = { timestamp: last.timestamp, id: last.id };
        }
      };
      const expected = (isIn: (one: EventDocument) => boolean) =>
        made
          .filter(isIn)
          .sort((a, b) => (a.timestamp + a.id < b.timestamp + b.id ? 1 : -1))
          .map(({ id }) => id);
      const one = { column: "p1", values: ["v1"] } as const;
      expect(await readAll({ columns: [one] })).toEqual(expected(({ p1 }) => p1 === "v1"));
      const both = [
        { column: "p5", values: ["w0", "w2", "none"] },
        { ...one, values: ["v1", "v2"] },
      ] as const;
      const isBoth = ({ p1, p5 }: EventDocument) => (p1 === "v1" || p1 === "v2") && (p5 === "w0" || p5 === "w2");
      const wanted = expected(isBoth);
      expect(wanted.length).toBeGreaterThan(5);
      expect(await readAll({ columns: both, eventTypes: ["page.viewed"] })).toEqual(wanted);
      expect(await readAll({ columns: both, userIds: ["u1"] })).toEqual(
        expected((event) => isBoth(event) && event.user_id === "u1"),
      );
      expect(await readAll({ columns: both, eventTypes: ["another"] })).toEqual([]);
    });

    it("gives what is asked for of an event, beside its id and time", async () => {
      const store = make();
      const org = newOrg();
      await store.create([event(org, "a", { user_id: "u1", properties: { n: 1 } }), event(org, "b")]);
      const find = async (query: Partial<EventQuery>) => (await store.query(org, { ...everything, ...query })).events;
      const timestamp = "2026-11-22T10:00:00.000Z";
      const wanted = [
        { id: "b", timestamp, event_type: "page.viewed" },
        { id: "a", timestamp, event_type: "page.viewed", user_id: "u1", properties: { n: 1 } },
      ];
      const fields = ["event_type", "user_id", "properties", "timestamp"] as const;
      expect(await find({ fields })).toEqual(wanted);
      expect(await find({ fields, eventTypes: ["page.viewed", "x"] })).toEqual(wanted);
    });
  });
}
