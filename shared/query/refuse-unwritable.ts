import { AppError } from "../errors.ts";
import type { Hour } from "../ledger/event-counts.ts";

const FIRST: Hour = Date.parse("0000-01-01T00:00:00.000Z") / 3_600_000;
const LAST: Hour = Date.parse("9999-12-31T23:00:00.000Z") / 3_600_000;

/**
 * Throws AppError `invalid_parameter` for a range whose beginning or end RFC 3339 cannot write: it has the years 0000
 * to 9999, and ranges widen to whole intervals.
 */
export function refuseUnwritable({ from, to }: { readonly from: Hour; readonly to: Hour }): void {
  if (from >= FIRST && to <= LAST) return;
  throw new AppError("invalid_parameter", "the range, in whole intervals, leaves the years 0000 to 9999", {
    members: { parameter: to > LAST ? "to" : "from" },
  });
}
