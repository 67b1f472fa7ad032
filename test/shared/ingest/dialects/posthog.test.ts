import { expect, it } from "vitest";
import { translateEvent } from "../../../../shared/ingest/dialects/posthog/translate-event.ts";

it.each([[{}], [[1]], [true]])("an id that is %j is left as it is, and is no id that another has", (uuid) => {
  expect(translateEvent({ event: "x", distinct_id: "ada", uuid })).toMatchObject({ value: { event_id: uuid } });
});

it("what is renamed or opened hides no other property", () => {
  const sent = { event: "$identify", distinct_id: "ada", properties: { $set: { email: "a" }, email: "b" } };
  expect(translateEvent(sent)).toMatchObject({ value: { properties: { $set: { email: "a" }, email: "b" } } });
  const page = { event: "$pageview", distinct_id: "ada", properties: { $current_url: "a", url: "b", $pathname: "/" } };
  expect(translateEvent(page)).toMatchObject({ value: { properties: { $current_url: "a", url: "b", path: "/" } } });
});
