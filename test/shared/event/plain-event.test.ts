import fc from "fast-check";
import { expect, it } from "vitest";
import { eventSchema } from "../../../shared/event/event.ts";
import { readPlainEvent } from "../../../shared/event/plain-event.ts";

const label = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom(
    "",
    " a",
    "a ",
    "a b",
    "\u00e9",
    "\ud800",
    "\u200b",
    "x".repeat(200),
    "x".repeat(255),
    "x".repeat(256),
  ),
);
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toJSON()),
  fc.constantFrom("2026-02-29T10:00:00.000Z", "2026-11-22 10:00:00+01:00", "2026-11-22", "today"),
);
const version = fc.oneof(fc.integer({ min: -1, max: 1_000_001 }), fc.constantFrom(1.5, 2 ** 53, Number.NaN));
const object = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom([], [1]));
const field = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 8, arbitrary: good }, fc.constant(null), fc.jsonValue());
const required = { event_type: field(label) };
const optional = {
  event_id: field(label),
  timestamp: field(time),
  schema_version: field(version),
  user_id: field(label),
  anonymous_id: field(label),
  session_id: field(label),
  properties: field(object),
  context: field(object),
};
const almost = fc.record({ ...required, ...optional, sent_at: time }, { requiredKeys: [] });

/** As a request brings it. */
const parsed = almost.map((event): Record<string, unknown> => JSON.parse(JSON.stringify(event)));

it("a plain event is one that the schema takes, with the same content in the same order", () => {
  fc.assert(
    fc.property(parsed, (event) => {
      const plain = readPlainEvent(event);
      if (plain) expect(JSON.stringify(plain)).toBe(JSON.stringify(eventSchema.parse(event)));
    }),
    { numRuns: 2_000 },
  );
});

it("an event of printable ASCII that the schema takes is plain, in whatever order its members stand", () => {
  const ascii = fc.string({ minLength: 1, maxLength: 100 }).filter((text) => text.trim() === text);
  const sound = {
    ...{ event_id: ascii, user_id: ascii, anonymous_id: ascii, session_id: ascii },
    timestamp: fc
      .date({ noInvalidDate: true, min: new Date("1000-01-01"), max: new Date("9999-01-01") })
      .map((at) => at.toJSON()),
    schema_version: fc.integer({ min: 1, max: 1_000_000 }),
    ...{ properties: fc.dictionary(fc.string(), fc.jsonValue()), context: fc.dictionary(fc.string(), fc.jsonValue()) },
  };
  // What a dialect makes has members that are undefined.
  const none = fc.constantFrom(null, undefined);
  const nullable = Object.fromEntries(
    Object.entries(sound).map(([name, of]) => [
      name,
      fc.oneof({ weight: 4, arbitrary: of as fc.Arbitrary<unknown> }, none),
    ]),
  );
  const events = fc.record({ event_type: ascii, ...nullable }, { requiredKeys: ["event_type"] });
  const shuffled = events.chain((event) =>
    fc
      .shuffledSubarray(Object.keys(event), { minLength: Object.keys(event).length })
      .map((names) => Object.fromEntries(names.map((name) => [name, event[name as keyof typeof event]]))),
  );
  fc.assert(
    fc.property(shuffled, (event) => {
      expect(readPlainEvent(event)).toEqual(eventSchema.parse(event));
    }),
  );
});

it.each([
  '{"event_type":"a","__proto__":{"user_id":"b"}}',
  '{"event_type":"a","constructor":{}}',
  '{"event_type":"a","eventType":"b"}',
])("an event with a member that is no field is not plain: %s", (json) =>
  expect(readPlainEvent(JSON.parse(json))).toBeUndefined(),
);
