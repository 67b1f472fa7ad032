/** Batches in which times decide about each other. */
export const timedEvents = [
  '{"sent_at":"2026-11-22T10:10:00Z","events":[{"event_type":"x","timestamp":"2026-11-22T10:09:00.123456Z"},{"event_type":"x","timestamp":"2026-11-22T10:03:00+00:00"}]}',
  '{"sent_at":"0001-01-01T00:00:00Z","events":[{"event_type":"x","timestamp":"0000-01-01T00:00:00Z"},{"event_type":"x"}]}',
  '{"sent_at":"2031-01-01T00:00:00Z","events":[{"event_type":"x","timestamp":"9999-12-31T23:59:59.9999999Z"},{"event_type":"x","timestamp":"1990-12-31T15:59:60-08:00"}]}',
];

/** Times at edges, and texts that are nearly times. */
export const timeTokens = [
  "1990-12-31T23:59:60Z",
  "2026-06-15T12:30:60Z",
  "2026-11-22T10:00:00.1234567891Z",
  `2026-11-22T10:00:00.${"0".repeat(300)}1Z`,
  "2026-11-22t10:00:00z",
  "2026-11-22 10:00:00+14:00",
  "9999-12-31T23:59:59.999Z",
  "9999-12-31T23:59:59-00:01",
  "0000-02-29T00:00:00Z",
  "+010000-01-01T00:00:00Z",
  "1970-01-01T00:00:00Z",
  "2038-01-19T03:14:07Z",
  "-00:00",
  "+23:59",
  ".999999999",
  ":60",
];

/** Numbers and times as a query may have them. */
export const parameterValues = [
  ...timeTokens,
  "0x10",
  "1e2",
  "%205",
  "5%20",
  "007",
  "9007199254740993",
  "%FF",
  "%ED%A0%80",
];
