import { expect, it } from "vitest";
import { translateEvent } from "../../../../shared/ingest/dialects/posthog/translate-event.ts";

it("what is renamed or opened hides no other property", () => {
  const sent = { event: "$identify", distinct_id: "ada", properties: { $set: { email: "a" }, email: "b" } };
  expect(translateEvent(sent)).toMatchObject({ value: { properties: { $set: { email: "a" }, email: "b" } } });
  const page = { event: "$pageview", distinct_id: "ada", properties: { $current_url: "a", url: "b", $pathname: "/" } };
  expect(translateEvent(page)).toMatchObject({ value: { properties: { $current_url: "a", url: "b", path: "/" } } });
});
