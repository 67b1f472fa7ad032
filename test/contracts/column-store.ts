import { describe, expect, it } from "vitest";
import type { ColumnStore } from "../../shared/event/column-store.ts";
import type { EventDocument, EventStore } from "../../shared/event/event-store.ts";
import { noDeadline } from "../../shared/runtime/deadline.ts";
import { newOrg } from "./new-org.ts";

export interface ColumnStoreUnderTest {
  open(): Promise<{ readonly columns: ColumnStore; readonly events: EventStore }>;
  /** Of a service that fails every call. */
  openAway(): Promise<ColumnStore>;
}

function event(org_id: string, i: number, more: Partial<EventDocument> = {}): EventDocument {
  const at = `2026-11-22T10:00:0${i}.000Z`;
  return {
    ...{ id: `e${i}`, org_id, event_id: `e${i}`, event_type: "sold", timestamp: at, received_at: at },
    ...{ receipt_id: "r1", index: 0, properties: { n: i }, context: { of: "it" }, ...more },
  };
}

/** The contract of every adapter of what events are found by. */
export function describeColumnStore(name: string, { open, openAway }: ColumnStoreUnderTest): void {
  describe(`column store: ${name}`, () => {
    it("lists a type's events page by page, newest first, with what they have and are found by", async () => {
      const { columns, events } = await open();
      const org = newOrg();
      const made = [event(org, 0), event(org, 1, { p2: "x" }), event(org, 2, { event_type: "other" }), event(org, 3)];
      await events.create([...made, event(newOrg(), 4)]);
      const first = await columns.list(org, { eventType: "sold", limit: 2 });
      expect(first).toMatchObject({ events: [{ id: "e3" }, { id: "e1", p2: "x" }], complete: false });
      const last = first.events.at(-1);
      expect(last).toEqual({
        ...{ id: "e1", timestamp: made[1]?.timestamp, properties: { n: 1 }, p2: "x" },
        etag: expect.any(String),
      });
      const after = { timestamp: last?.timestamp ?? "", id: "e1" };
      const rest = await columns.list(org, { eventType: "sold", limit: 2, after });
      expect(rest).toMatchObject({ events: [{ id: "e0" }], complete: true });
    });

    it("sets columns of unchanged documents alone, which are found by them and keep all else", async () => {
      const { columns, events } = await open();
      const org = newOrg();
      await events.create(Array.from({ length: 9 }, (_, i) => event(org, i, { p1: "of before" })));
      const { events: listed } = await columns.list(org, { eventType: "sold", limit: 10 });
      const changes = listed.map(({ id, etag }) => ({ id, etag, columns: { p3: `new ${id}`, p5: "all" } }));
      const [first, ...others] = changes;
      if (!first) throw new Error("it is listed");
      expect(await columns.set(org, [first], noDeadline)).toEqual([{ status: "written" }]);
      const gone = { ...first, id: "gone" };
      const results = await columns.set(org, [gone, ...others, first], noDeadline);
      expect(results.map(({ status }) => status)).toEqual(["conflict", ...others.map(() => "written"), "conflict"]);
      const found = await events.query(org, {
        ...{ from: "0000", to: "A", limit: 10, eventTypes: ["sold"] },
        columns: [
          { column: "p3", values: ["new e4"] },
          { column: "p5", values: ["all"] },
        ],
      });
      expect(found.events).toEqual([
        expect.objectContaining({ ...event(org, 4), p1: "of before", p3: "new e4", p5: "all" }),
      ]);
    });

    it("says of each what is left open when the time is over or nobody answers, and throws when it cannot list", async () => {
      const { columns } = await open();
      const one = { id: "e", etag: "1", columns: { p1: "x" } };
      const over = { ...noDeadline, isOver: () => true };
      expect(await columns.set(newOrg(), [one, one], over)).toMatchObject([
        { status: "unavailable" },
        { status: "unavailable" },
      ]);
      const away = await openAway();
      expect(await away.set(newOrg(), [one], noDeadline)).toMatchObject([{ status: "unavailable" }]);
      await expect(away.list(newOrg(), { eventType: "sold", limit: 1 })).rejects.toMatchObject({
        code: "store_unavailable",
      });
    });
  });
}
