import { expect, it } from "vitest";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";

it("a page of events ends by its bytes, also in a script that takes three for a character", async () => {
  const { cosmos } = await startCosmosAccount();
  const store = createCosmosEventStore(cosmos.containers.events);
  const at = "2026-11-22T10:00:00.000Z";
  const text = "語".repeat(100_000);
  const events = Array.from({ length: 20 }, (_, index) => ({
    ...{
      id: `e${index}`,
      org_id: "acme",
      event_id: `e${index}`,
      event_type: index % 2 === 0 ? "even" : "odd",
      timestamp: at,
      received_at: at,
    },
    ...{ receipt_id: "r1", index, properties: { text } },
  }));
  for (const event of events) await store.create([event]);
  const everything = { from: "0", to: "A", limit: 100 };
  for (const query of [everything, { ...everything, eventTypes: ["even", "none", "odd"] }]) {
    const first = await store.query("acme", query);
    expect(first.complete).toBe(false);
    expect(Buffer.byteLength(JSON.stringify(first.events))).toBeLessThan(5 * 1024 * 1024);
    const { timestamp, id } = first.events.at(-1) ?? { timestamp: "", id: "" };
    const rest = await store.query("acme", { ...query, after: { timestamp, id } });
    expect(rest.complete).toBe(true);
    const ids = [...first.events, ...rest.events].map((event) => event.id);
    expect(ids).toEqual(events.map((event) => event.id).sort((a, b) => (a < b ? 1 : -1)));
  }
});
