const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Times of a run lie within this range of it: a month of counts before, the longest lives of keys after. */
const BEFORE_MS = 40 * DAY_MS;
const AFTER_MS = 400 * DAY_MS;

/** The start from which a full hour is counted: the hour of the run, or its day, where days are counted. */
export type Grain = "hour" | "day";

/**
 * Puts the distance from the run in place of its times: `<now>`, `<now+168h>`, and of a full hour `<hour-24>`, or
 * `<day-30>` where `grain` is a day. Times that do not belong to the run, or that are not written as the product writes
 * its own, stay.
 */
export function hideTimes(text: string, startedAt: number, grain: Grain): string {
  const today = new Date(startedAt).toISOString().slice(0, 10);
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (found) => {
      const time = Date.parse(found);
      return isOfRun(time, startedAt) ? describeTime(time, startedAt, grain) : found;
    })
    .replaceAll(`"${today}"`, `"<today>"`);
}

/** Likewise a number of milliseconds or seconds since 1970. */
export function hideEpoch(value: number, startedAt: number): string | number {
  const time = value < 1e11 ? value * 1000 : value;
  return isOfRun(time, startedAt) ? describeTime(time, startedAt, "hour") : value;
}

function isOfRun(time: number, startedAt: number): boolean {
  return time > startedAt - BEFORE_MS && time < startedAt + AFTER_MS;
}

function describeTime(time: number, startedAt: number, grain: Grain): string {
  if (time % HOUR_MS !== 0) return `<now${signed(Math.round((time - startedAt) / HOUR_MS), "h")}>`;
  const unit = grain === "hour" ? HOUR_MS : DAY_MS;
  return `<${grain}${signed(Math.round(time / unit) - Math.floor(startedAt / unit), "")}>`;
}

function signed(distance: number, unit: string): string {
  if (distance === 0) return "";
  return `${distance > 0 ? "+" : ""}${distance}${unit}`;
}
