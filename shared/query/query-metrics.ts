import { z } from "zod";
import { AppError } from "../errors.ts";
import { readParameters, refuseReversed, timeParameter } from "../http/parameters.ts";
import type { Principal } from "../identity/principal.ts";
import { type EventCounts, type Hour, hourOf, hourStart } from "../ledger/event-counts.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { readAccount } from "../ledger/read-account.ts";
import { refuseUnwritable } from "./refuse-unwritable.ts";

export const metricsParameters = z.object({
  from: timeParameter.optional(),
  to: timeParameter.optional(),
  interval: z.enum(["hour", "day"]).default("hour"),
  event_type: z.string().min(1).optional(),
});

export interface EventMetrics {
  /** Start of the first interval; inclusive. */
  readonly from: string;
  /** End of the last interval; exclusive. */
  readonly to: string;
  readonly interval: "hour" | "day";
  readonly total: number;
  /** Counts of stored events by the events' own time; intervals and types without any are left out. */
  readonly series: readonly { readonly start: string; readonly event_type: string; readonly count: number }[];
}

const HOURS = { hour: 1, day: 24 } as const;
/** Most intervals in an answer: 90 days by hour, 10 years by day. */
const MOST = { hour: 90 * 24, day: 3_660 } as const;

/**
 * Exact counts of stored events. `from` and `to` widen to whole intervals, in UTC; without them, the last 24 hours or
 * 30 days. Throws AppError `invalid_parameter` or `store_unavailable`.
 */
export async function queryMetrics(
  ledger: LedgerStore,
  principal: Principal,
  query: URLSearchParams,
  now: number,
): Promise<EventMetrics> {
  const { from: asked, to: until, interval, event_type } = readParameters(metricsParameters, query);
  refuseReversed({ from: asked, to: until });
  const step = HOURS[interval];
  const to = Math.ceil((until ?? now + 1) / 3_600_000 / step) * step;
  const from =
    asked === undefined ? to - (interval === "hour" ? 24 : 30 * 24) : Math.floor(hourOf(asked) / step) * step;
  if (from >= to)
    throw new AppError("invalid_parameter", "`from` is not before `to`", { members: { parameter: "from" } });
  if ((to - from) / step > MOST[interval]) {
    throw new AppError(
      "invalid_parameter",
      `the range has more than ${MOST[interval]} intervals: ask for a shorter one, or by day`,
      {
        members: { parameter: "from" },
      },
    );
  }
  refuseUnwritable({ from, to });
  const { counts } = await readAccount(ledger, principal.orgId, { by: "event", from, to });
  const series = toSeries(counts, step).filter((row) => event_type === undefined || row.event_type === event_type);
  const total = series.reduce((sum, row) => sum + row.count, 0);
  return { from: hourStart(from), to: hourStart(to), interval, total, series };
}

function toSeries(counts: EventCounts, step: number): { start: string; event_type: string; count: number }[] {
  const rows: { hour: Hour; event_type: string; count: number }[] = [];
  for (const [event_type, hours] of counts) {
    const byInterval = new Map<Hour, number>();
    for (const [hour, count] of hours) {
      const start = Math.floor(hour / step) * step;
      byInterval.set(start, (byInterval.get(start) ?? 0) + count);
    }
    for (const [hour, count] of byInterval) rows.push({ hour, event_type, count });
  }
  rows.sort((a, b) => a.hour - b.hour || (a.event_type < b.event_type ? -1 : 1));
  return rows.map(({ hour, event_type, count }) => ({ start: hourStart(hour), event_type, count }));
}
