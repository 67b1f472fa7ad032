const AHEAD_MS = 5 * 60_000;
const SKEW_MS = 24 * 3_600_000;

export interface EventTime {
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
  /** What the client sent, when it was not kept. */
  readonly originalTimestamp?: string;
}

/** RFC 3339 date-time (section 5.6): a date alone or a time without a zone names no instant. */
const RFC3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Milliseconds since 1970, or undefined for what is not an RFC 3339 date-time of a day that exists. */
export function parseTime(text: string): number | undefined {
  if (text.length > 40 || !RFC3339.test(text)) return undefined;
  const day = Number(text.slice(8, 10));
  if (day > new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()) return undefined;
  // A leap second is the last second of its minute to every store that does not know it.
  const time = Date.parse(text.replace(/[t ]/, "T").replace(/:60/, ":59").toUpperCase());
  return Number.isNaN(time) || time < YEAR_0 || time > YEAR_9999 ? undefined : time;
}

const YEAR_0 = Date.parse("0000-01-01T00:00:00.000Z");
const YEAR_9999 = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The time that an event is stored under. The client's is kept unless it is implausible: more than 5 minutes ahead of the
 * server, or in a request whose `sent_at` is more than 24 hours off. Then the client's clock is corrected by the
 * difference that `sent_at` shows, or, where that does not help, the time of receipt stands.
 */
export function resolveTime(sent: string | undefined, sentAt: number | undefined, receivedAt: number): EventTime {
  if (sent === undefined) return { timestamp: new Date(receivedAt).toISOString() };
  const time = parseTime(sent);
  if (time === undefined) throw new RangeError(`not an RFC 3339 date-time: ${sent}`);
  const skew = sentAt === undefined ? 0 : receivedAt - sentAt;
  if (time <= receivedAt + AHEAD_MS && Math.abs(skew) <= SKEW_MS) return { timestamp: new Date(time).toISOString() };
  const corrected = time + skew;
  const plausible = sentAt !== undefined && corrected <= receivedAt + AHEAD_MS && corrected >= YEAR_0;
  return { timestamp: new Date(plausible ? corrected : receivedAt).toISOString(), originalTimestamp: sent };
}
