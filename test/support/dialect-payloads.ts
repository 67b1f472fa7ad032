import fc from "fast-check";
import type { JsonObject } from "../../shared/event/event.ts";

const text = fc.string({ minLength: 1, maxLength: 12 });
const value = fc.jsonValue({ maxDepth: 3 });
const object = fc.dictionary(text, value, { maxKeys: 4 });
const id = fc.oneof(text, fc.integer());
const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());

/** Some of an object's members, and others beside them. */
function some(known: Record<string, fc.Arbitrary<unknown>>, required: string[], others = object) {
  return fc
    .record(known, { requiredKeys: required })
    .chain((members): fc.Arbitrary<JsonObject> => others.map((more) => ({ ...more, ...members })));
}

const call = some(
  {
    type: fc.constantFrom("track", "page", "screen", "identify", "group", "alias"),
    ...{ messageId: id, userId: id, anonymousId: id, groupId: id, previousId: id, event: text, name: text },
    ...{ timestamp: time, originalTimestamp: time, sentAt: time, channel: text, version: value, _metadata: object },
    ...{ properties: object, traits: object, integrations: object, others: value, category: text },
    context: fc.oneof(object, some({ traits: object, sessionId: fc.nat(), source: value }, [])),
  },
  ["type"],
);

/** A call of Segment's, with the context of its batch and what else stands beside it there. */
export const segmentCall = fc.record({ sent: call, context: object, beside: object });

const posthogProperties = some(
  {
    ...{ $current_url: text, $pathname: text, $screen_name: text, $set: object, $set_once: object, $lib: text },
    ...{ $group_key: text, $group_type: text, $group_set: object, alias: text, distinct_id: text, $session_id: text },
    $anon_distinct_id: text,
  },
  [],
);
const posthogTypes = ["$pageview", "$screen", "$identify", "$groupidentify", "$create_alias"];

/** An event of PostHog's, with what stands beside it in its batch. */
export const posthogEvent = fc.record({
  sent: some(
    {
      event: fc.oneof(text, fc.constantFrom(...posthogTypes)),
      ...{ distinct_id: id, uuid: text, timestamp: text, session_id: text, window_id: text },
      ...{ options: object, properties: posthogProperties, offset: fc.double() },
      ...{ $set: object, $set_once: object, $unset: fc.array(text) },
    },
    ["event", "distinct_id"],
  ),
  beside: object,
});

const attributeName = fc.stringMatching(/^[a-z0-9]{1,8}$/);

/** A CloudEvent in the form of JSON. */
export const cloudEvent = some(
  {
    ...{ specversion: fc.constant("1.0"), id: text, source: text, type: text, time: text, subject: text },
    ...{ datacontenttype: text, dataschema: text, data: value, userid: text, anonymousid: text, sessionid: text },
  },
  ["specversion", "id", "source", "type"],
  fc.dictionary(attributeName, fc.oneof(text, fc.integer(), fc.boolean())),
);

const anyValue = fc.letrec<{ value: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string().map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((int) => ({ intValue: String(int) })),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((doubleValue) => ({ doubleValue })),
    fc.base64String().map((bytesValue) => ({ bytesValue })),
    fc.array(tie("value"), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc
      .array(fc.record({ key: fc.string(), value: tie("value") }), { maxLength: 3 })
      .map((values) => ({ kvlistValue: { values } })),
  ),
})).value;
const key = fc.oneof(fc.constantFrom("user.id", "session.id", "event.name", "body", "severity"), fc.string());
const attributes = fc.array(fc.record({ key, value: anyValue }), { maxLength: 4 });
const nano = fc.oneof(
  { weight: 5, arbitrary: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String) },
  fc.constant("soon"),
);
const record = fc.record(
  {
    ...{
      timeUnixNano: nano,
      observedTimeUnixNano: nano,
      severityNumber: fc.integer({ min: 0, max: 24 }),
      severityText: fc.string(),
    },
    ...{ body: anyValue, attributes, droppedAttributesCount: fc.nat(), flags: fc.nat(), eventName: fc.string() },
    ...{ traceId: fc.constant("5b8efff798038103d269b633813fc60c"), spanId: fc.constant("eee19b7ec3c1b174") },
    notKnown: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: [] },
);
const around = fc.record(
  { attributes, name: fc.string(), version: fc.string(), droppedAttributesCount: fc.nat() },
  { requiredKeys: [] },
);

/** A log record of OpenTelemetry's in the form of JSON, with what stands around it in a request. */
export const logRecord = fc
  .record({ record, resource: around, scope: around, schemaUrl: fc.string() })
  // Without what JSON cannot tell apart, or says as another number.
  .map((one): JsonObject & { readonly record: JsonObject } =>
    JSON.parse(JSON.stringify(one, (_, found) => (Object.is(found, -0) ? 0 : found))),
  );

/** What is to be found of a log record: its time is told as RFC 3339, and names of attributes are names of members. */
export function leavesOfLog(record: JsonObject, around: JsonObject): unknown {
  const { timeUnixNano: time, observedTimeUnixNano: observed, ...others } = record;
  const isTimed = isNano(time);
  const times = [isTimed ? toTime(time) : time, !isTimed && isNano(observed) ? toTime(observed) : observed];
  const rest = JSON.stringify([others, around], (name, found) => (name === "key" ? null : found));
  return [times, JSON.parse(rest)];
}

function isNano(time: unknown): time is string {
  return typeof time === "string" && /^\d+$/.test(time);
}

function toTime(nano: string): string {
  const digits = nano.padStart(10, "0");
  const seconds = new Date(Number(digits.slice(0, -9)) * 1_000).toISOString();
  return seconds.replace("000Z", `${digits.slice(-9)}Z`);
}
