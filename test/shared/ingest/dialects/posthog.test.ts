import fc from "fast-check";
import { expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../../../shared/event/event.ts";
import { translateEvent } from "../../../../shared/ingest/dialects/posthog/translate-event.ts";
import { findLost } from "../../../support/find-lost.ts";

const text = fc.string({ minLength: 1, maxLength: 12 });
const object = fc.dictionary(text, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
const properties = fc
  .record(
    {
      ...{ $current_url: text, $pathname: text, $screen_name: text, $set: object, $set_once: object, $lib: text },
      ...{ $group_key: text, $group_type: text, $group_set: object, alias: text, distinct_id: text, $session_id: text },
    },
    { requiredKeys: [] },
  )
  .chain((known) => object.map((more) => ({ ...more, ...known })));
const event = fc
  .record(
    {
      event: fc.oneof(text, fc.constantFrom("$pageview", "$screen", "$identify", "$groupidentify", "$create_alias")),
      ...{ distinct_id: fc.oneof(text, fc.integer()), uuid: text, timestamp: text, session_id: text, window_id: text },
      ...{ options: object, properties, $set: object, $set_once: object, $unset: fc.array(text), offset: fc.double() },
    },
    { requiredKeys: ["event", "distinct_id"] },
  )
  .chain((known) => object.map((more) => ({ ...more, ...known })));

it("each leaf of an event is in its event here", () => {
  const check = (sent: JsonObject, beside: JsonObject): void => {
    const { api_key, token, ...kept } = sent;
    const translated = translateEvent(sent, { beside });
    expect("value" in translated && isJsonObject(translated.value)).toBe(true);
    expect(findLost({ ...kept, beside }, translated)).toEqual([]);
  };
  fc.assert(fc.property(event, object, check), { numRuns: 300 });
});

it.each([[{}], [[1]], [true]])("an id that is %j is left as it is, and is no id that another has", (uuid) => {
  expect(translateEvent({ event: "x", distinct_id: "ada", uuid })).toMatchObject({ value: { event_id: uuid } });
});

it("what is renamed or opened hides no other property", () => {
  const sent = { event: "$identify", distinct_id: "ada", properties: { $set: { email: "a" }, email: "b" } };
  expect(translateEvent(sent)).toMatchObject({ value: { properties: { $set: { email: "a" }, email: "b" } } });
  const page = { event: "$pageview", distinct_id: "ada", properties: { $current_url: "a", url: "b", $pathname: "/" } };
  expect(translateEvent(page)).toMatchObject({ value: { properties: { $current_url: "a", url: "b", path: "/" } } });
});
