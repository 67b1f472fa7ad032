import fc from "fast-check";
import { expect, it } from "vitest";
import { isJsonObject } from "../../../../shared/event/event.ts";
import { translateCloudEvent } from "../../../../shared/ingest/dialects/cloudevents/translate-cloud-event.ts";
import { findLost } from "../../../support/find-lost.ts";

const text = fc.string({ minLength: 1, maxLength: 12 });
const value = fc.jsonValue({ maxDepth: 3 });
const attributes = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.oneof(text, fc.integer(), fc.boolean()));

const event = fc
  .record(
    {
      ...{ specversion: fc.constant("1.0"), id: text, source: text, type: text, time: text, subject: text },
      ...{ datacontenttype: text, dataschema: text, data: value, userid: text, anonymousid: text, sessionid: text },
    },
    { requiredKeys: ["specversion", "id", "source", "type"] },
  )
  .chain((known) => attributes.map((more) => ({ ...more, ...known })));

it("each leaf of a CloudEvent is in its event", () => {
  const check = (sent: object): void => {
    const translated = translateCloudEvent(sent as Readonly<Record<string, unknown>>);
    expect("value" in translated && isJsonObject(translated.value)).toBe(true);
    expect(findLost(sent, translated)).toEqual([]);
  };
  fc.assert(fc.property(event, check), { numRuns: 300 });
});

it("two events have one id only where both source and id are the same, and an id fits", () => {
  const idOf = (source: string, id: string): string => {
    const { value: made } = translateCloudEvent({ specversion: "1.0", type: "t", source, id }) as {
      value: { event_id: string };
    };
    expect(made.event_id.length).toBeLessThanOrEqual(255);
    return made.event_id;
  };
  expect(idOf("/shop", "17")).toBe("cloudevents:/shop 17");
  expect(idOf("a b", "c")).not.toBe(idOf("a", "b c"));
  const long = fc.string({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(long, long, long, long, (a, b, c, d) => {
      expect(idOf(a, b) === idOf(c, d)).toBe(a === c && b === d);
    }),
  );
});
