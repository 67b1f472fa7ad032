import { expect, it } from "vitest";
import { type Json, makeOrg } from "../support/product.ts";

it("a platform type whose properties do not fit is quarantined with the place; its neighbours, and types of one's own, are stored", async () => {
  const org = await makeOrg();
  const { body } = await org.post([
    { event_id: "good", event_type: "page_view", properties: { url: "https://a.example/", title: null, mine: 1 } },
    { event_id: "bad", event_type: "page_view", properties: { url: "https://a.example/", title: 5 } },
    { event_id: "group", event_type: "group", user_id: "ada", properties: { group_id: ["a"] } },
    { event_id: "own", event_type: "page_viewed", properties: { title: 5 } },
  ]);
  expect(body.results).toEqual([
    {
      ...{ index: 1, result: "quarantined", code: "wrong_type", path: "events[1].properties.title" },
      message: "found the number 5, expected a string",
    },
    {
      ...{ index: 2, result: "quarantined", code: "wrong_type", path: "events[2].properties.group_id" },
      message: "found an array, expected a string",
    },
  ]);
  expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 2, quarantined: 2 });
  const { events } = (await org.get("/api/v1/events?select=event_id")).body as { events: Json[] };
  expect(new Set(events.map(({ event_id }) => event_id))).toEqual(new Set(["good", "own"]));
});
