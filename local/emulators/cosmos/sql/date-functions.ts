import type { Value } from "../json.ts";
import type { FunctionRow } from "./function-row.ts";

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?Z?)?$/;
const TICKS_PER_MS = 10_000;

/** Milliseconds of the units that have a fixed length. */
const UNIT_MS: Readonly<Record<string, number>> = {
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
  millisecond: 1,
};

const UNIT_NAMES: Readonly<Record<string, string>> = {
  yyyy: "year",
  yy: "year",
  mm: "month",
  m: "month",
  dd: "day",
  d: "day",
  hh: "hour",
  mi: "minute",
  n: "minute",
  ss: "second",
  s: "second",
  ms: "millisecond",
  dw: "weekday",
  w: "weekday",
}; // prettier-ignore

const readUnit = (unit: Value): string | undefined =>
  typeof unit === "string" ? (UNIT_NAMES[unit.toLowerCase()] ?? unit.toLowerCase()) : undefined;

/** Milliseconds since 1970 of an ISO 8601 UTC text; undefined for anything else. */
function readTime(value: Value): number | undefined {
  if (typeof value !== "string" || !ISO.test(value)) return undefined;
  const [date, time = ""] = value.replace("Z", "").split("T");
  const clock = time === "" ? "00:00" : time.replace(/(\.\d{3})\d+$/, "$1");
  const ms = Date.parse(`${date}T${clock}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** As Cosmos DB writes it, with seven digits of a second. */
function writeTime(ms: number): string | undefined {
  if (!(Math.abs(ms) <= 8.64e15)) return undefined;
  return new Date(ms).toISOString().replace("Z", "0000Z");
}

/** The date functions. They see nothing finer than a millisecond. */
export function createDateFunctions(now: () => number): readonly FunctionRow[] {
  const ticks = (ms: number): number => (ms + 62_135_596_800_000) * TICKS_PER_MS;
  const fromTime =
    (call: (ms: number) => Value) =>
    ([a]: readonly Value[]) => {
      const ms = readTime(a);
      return ms === undefined ? undefined : call(ms);
    };
  return [
    ["GETCURRENTDATETIME", 0, 0, () => writeTime(now())],
    ["GETCURRENTTIMESTAMP", 0, 0, () => now()],
    ["GETCURRENTTICKS", 0, 0, () => ticks(now())],
    ["DATETIMETOTIMESTAMP", 1, 1, fromTime((ms) => ms)],
    ["DATETIMETOTICKS", 1, 1, fromTime(ticks)],
    ["TIMESTAMPTODATETIME", 1, 1, ([ms]) => (typeof ms === "number" ? writeTime(ms) : undefined)],
    ["DATETIMEPART", 2, 2, ([unit, time]) => getPart(readUnit(unit), readTime(time))],
    ["DATETIMEADD", 3, 3, ([unit, n, time]) => addUnits(readUnit(unit), n, readTime(time))],
    ["DATETIMEDIFF", 3, 3, ([unit, from, to]) => countUnits(readUnit(unit), readTime(from), readTime(to))],
    [
      "DATETIMEBIN",
      2,
      4,
      ([time, unit, size = 1, origin = "1970-01-01"]) => bin(readTime(time), readUnit(unit), size, readTime(origin)),
    ],
  ];
}

function getPart(unit: string | undefined, ms: number | undefined): Value {
  if (unit === undefined || ms === undefined) return undefined;
  const date = new Date(ms);
  switch (unit) {
    case "year":
      return date.getUTCFullYear();
    case "month":
      return date.getUTCMonth() + 1;
    case "day":
      return date.getUTCDate();
    case "hour":
      return date.getUTCHours();
    case "minute":
      return date.getUTCMinutes();
    case "second":
      return date.getUTCSeconds();
    case "millisecond":
      return date.getUTCMilliseconds();
    case "weekday":
      return date.getUTCDay() + 1;
  }
  return undefined;
}

function addUnits(unit: string | undefined, count: Value, ms: number | undefined): Value {
  if (unit === undefined || ms === undefined || typeof count !== "number") return undefined;
  const fixed = UNIT_MS[unit];
  if (fixed !== undefined) return writeTime(ms + Math.trunc(count) * fixed);
  if (unit !== "year" && unit !== "month") return undefined;
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + Math.trunc(count) * (unit === "year" ? 12 : 1));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return writeTime(date.getTime());
}

/** Boundaries of the unit between two times, as SQL Server's DATEDIFF counts them. */
function countUnits(unit: string | undefined, from: number | undefined, to: number | undefined): Value {
  if (unit === undefined || from === undefined || to === undefined) return undefined;
  const fixed = UNIT_MS[unit];
  if (fixed !== undefined) return Math.floor(to / fixed) - Math.floor(from / fixed);
  const months = (ms: number): number => new Date(ms).getUTCFullYear() * 12 + new Date(ms).getUTCMonth();
  if (unit === "month") return months(to) - months(from);
  return unit === "year" ? new Date(to).getUTCFullYear() - new Date(from).getUTCFullYear() : undefined;
}

function bin(ms: number | undefined, unit: string | undefined, size: Value, origin: number | undefined): Value {
  const fixed = UNIT_MS[unit ?? ""];
  if (ms === undefined || fixed === undefined || origin === undefined) return undefined;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1) return undefined;
  const width = fixed * size;
  return writeTime(origin + Math.floor((ms - origin) / width) * width);
}
