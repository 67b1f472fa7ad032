export interface EventTime {
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
  /** The client's text, when not all of it was kept. */
  readonly originalTimestamp?: string;
}

const DAY_MS = 24 * 3_600_000;
const YEAR_0 = Date.parse("0000-01-01T00:00:00.000Z");
const YEAR_1972 = Date.parse("1972-01-01T00:00:00.000Z");
const YEAR_9999 = Date.parse("9999-12-31T23:59:59.999Z");

/** RFC 3339 date-time (section 5.6). A date alone or a time without a zone does not name an instant. */
const RFC3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt ](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The form that nearly every client sends, and that is stored. It needs no regular expression and no second formatting.
 */
const CANONICAL_LENGTH = "2026-11-22T10:00:00.000Z".length;

/**
 * Milliseconds since 1970, or undefined for a text that is not an RFC 3339 date-time of a day that exists. Digits below
 * the millisecond are cut off, and a leap second is the last millisecond before it: so times keep their order.
 */
export function parseTime(text: string): number | undefined {
  return parseCanonical(text) ?? parseAnyForm(text)?.time;
}

interface ReadTime {
  readonly time: number;
  /** Whether milliseconds can say all of it. */
  readonly whole: boolean;
}

function parseAnyForm(text: string): ReadTime | undefined {
  const [, fraction = "", zone = ""] = RFC3339.exec(text) ?? [];
  if (zone === "" || Number(text.slice(8, 10)) > daysOfMonth(text)) return undefined;
  const leap = text.slice(17, 19) === "60";
  const [second, ms] = leap ? ["59", "999"] : [text.slice(17, 19), fraction.slice(0, 3).padEnd(3, "0")];
  const time = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 17)}${second}.${ms}${zone.toUpperCase()}`);
  if (Number.isNaN(time) || time < YEAR_0 || time > YEAR_9999 || (leap && !canLeapAfter(time))) return undefined;
  return { time, whole: !leap && !/[1-9]/.test(fraction.slice(3)) };
}

function daysOfMonth(text: string): number {
  // Years come again after 400, and `Date.UTC` takes 0 to 99 for the 20th century.
  const year = 2000 + (Number(text.slice(0, 4)) % 400);
  return new Date(Date.UTC(year, Number(text.slice(5, 7)), 0)).getUTCDate();
}

/** A leap second is the last one of a month in UTC (ITU-R TF.460-6), and there was none before 1972. */
function canLeapAfter(time: number): boolean {
  const next = new Date(time + 1);
  return time >= YEAR_1972 && next.getUTCDate() === 1 && next.getTime() % DAY_MS === 0;
}

/** Days that each month has in every year. */
const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `YYYY-MM-DDTHH:mm:ss.sssZ` from the year 1000 on, on a day that every month has; undefined for anything else. */
function parseCanonical(text: string): number | undefined {
  if (text.length !== CANONICAL_LENGTH || text[4] !== "-" || text[7] !== "-" || text[10] !== "T") return undefined;
  if (text[13] !== ":" || text[16] !== ":" || text[19] !== "." || text[23] !== "Z") return undefined;
  const [year, month, day] = [readDigits(text, 0, 4), readDigits(text, 5, 7), readDigits(text, 8, 10)];
  const [hour, minute, second] = [readDigits(text, 11, 13), readDigits(text, 14, 16), readDigits(text, 17, 19)];
  const ms = readDigits(text, 20, 23);
  const inRange = year >= 1000 && day >= 1 && day <= (DAYS[month] ?? 0) && hour <= 23 && minute <= 59 && second <= 59;
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

/** How far ahead of the server a client's clock, or an event, may be. */
const AHEAD_MS = 5 * 60_000;
/** For so long a body may wait before it is sent, or sent again. */
const WAITED_MS = 7 * DAY_MS;
/** A clock that seems further off than that is no clock, but a zero or a mistake. */
const ABSURD_MS = 3_653 * DAY_MS;

/**
 * What is added to the times of a request's events, in ms: 0, or the error of the client's clock as `sent_at` shows it.
 * It is decided once for all of them, so that they keep their order and distance. `sent_at` before the time of receipt
 * may mean a clock that is behind, or a body that has waited: up to a week it is taken for the latter
 * (docs/adr/0035).
 */
export function clockCorrection(sentAt: number | undefined, receivedAt: number): number {
  if (sentAt === undefined) return 0;
  const ahead = sentAt - receivedAt;
  const wrong = ahead > AHEAD_MS || ahead < -WAITED_MS;
  return wrong && Math.abs(ahead) <= ABSURD_MS ? -ahead : 0;
}

/**
 * The time that an event is stored under: the client's and `correction`, which `clockCorrection` gives. Where that
 * is more than 5 minutes ahead of the server, the time of receipt stands. What milliseconds cannot say stays in
 * `originalTimestamp`.
 */
export function resolveTime(sent: string | undefined, correction: number, receivedAt: number): EventTime {
  if (sent === undefined) return { timestamp: new Date(receivedAt).toISOString() };
  const canonical = parseCanonical(sent);
  if (canonical !== undefined && correction === 0 && canonical <= receivedAt + AHEAD_MS) return { timestamp: sent };
  const read = canonical === undefined ? parseAnyForm(sent) : { time: canonical, whole: true };
  if (read === undefined) throw new RangeError(`not an RFC 3339 date-time: ${sent.slice(0, 100)}`);
  const corrected = read.time + correction;
  const plausible = corrected <= receivedAt + AHEAD_MS && corrected >= YEAR_0;
  const timestamp = new Date(plausible ? corrected : receivedAt).toISOString();
  return plausible && correction === 0 && read.whole ? { timestamp } : { timestamp, originalTimestamp: sent };
}
