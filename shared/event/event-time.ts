const AHEAD_MS = 5 * 60_000;
const SKEW_MS = 24 * 3_600_000;

export interface EventTime {
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
  /** The client's text, when it was not kept. */
  readonly originalTimestamp?: string;
}

/** RFC 3339 date-time (section 5.6). A date alone or a time without a zone does not name an instant. */
const RFC3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The form that nearly every client sends, and that is stored. It needs no regular expression and no second formatting.
 */
const CANONICAL_LENGTH = "2026-11-22T10:00:00.000Z".length;

/** Milliseconds since 1970, or undefined for a text that is not an RFC 3339 date-time of a day that exists. */
export function parseTime(text: string): number | undefined {
  const canonical = parseCanonical(text);
  if (canonical !== undefined) return canonical;
  if (text.length > 40 || !RFC3339.test(text)) return undefined;
  const day = Number(text.slice(8, 10));
  if (day > new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()) return undefined;
  // A store that does not know leap seconds takes one for the last second of its minute.
  const time = Date.parse(text.replace(/[t ]/, "T").replace(/:60/, ":59").toUpperCase());
  return Number.isNaN(time) || time < YEAR_0 || time > YEAR_9999 ? undefined : time;
}

/** `YYYY-MM-DDTHH:mm:ss.sssZ` from the year 1000 on, on a day that every month has; undefined for anything else. */
function parseCanonical(text: string): number | undefined {
  if (text.length !== CANONICAL_LENGTH || text[4] !== "-" || text[7] !== "-" || text[10] !== "T") return undefined;
  if (text[13] !== ":" || text[16] !== ":" || text[19] !== "." || text[23] !== "Z") return undefined;
  const [year, month, day] = [readDigits(text, 0, 4), readDigits(text, 5, 7), readDigits(text, 8, 10)];
  const [hour, minute, second] = [readDigits(text, 11, 13), readDigits(text, 14, 16), readDigits(text, 17, 19)];
  const ms = readDigits(text, 20, 23);
  const inRange =
    year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59;
  // NaN is in no range, and makes the whole NaN.
  const time = inRange ? Date.UTC(year, month - 1, day, hour, minute, second, ms) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function readDigits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

const YEAR_0 = Date.parse("0000-01-01T00:00:00.000Z");
const YEAR_9999 = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The time that an event is stored under. The client's is kept unless it is implausible: more than 5 minutes ahead of
 * the server, or in a request whose `sent_at` is more than 24 hours off. Then the client's clock is corrected by the
 * difference that `sent_at` shows. Where that does not help, the time of receipt stands.
 */
export function resolveTime(sent: string | undefined, sentAt: number | undefined, receivedAt: number): EventTime {
  if (sent === undefined) return { timestamp: new Date(receivedAt).toISOString() };
  const time = parseTime(sent);
  if (time === undefined) throw new RangeError(`not an RFC 3339 date-time: ${sent}`);
  const skew = sentAt === undefined ? 0 : receivedAt - sentAt;
  if (time <= receivedAt + AHEAD_MS && Math.abs(skew) <= SKEW_MS) {
    return { timestamp: parseCanonical(sent) === undefined ? new Date(time).toISOString() : sent };
  }
  const corrected = time + skew;
  const plausible = sentAt !== undefined && corrected <= receivedAt + AHEAD_MS && corrected >= YEAR_0;
  return { timestamp: new Date(plausible ? corrected : receivedAt).toISOString(), originalTimestamp: sent };
}
