import { z } from "zod";
import { AppError } from "../errors.ts";
import { readParameters, refuseReversed, timeParameter } from "../http/parameters.ts";
import type { Principal } from "../identity/principal.ts";
import type { AccountSum, IntervalCounts } from "../ledger/account-sum.ts";
import { type Hour, hourOf, hourStart } from "../ledger/event-counts.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { type ReadOptions, readAccount } from "../ledger/read-account.ts";
import { reached } from "../runtime/reached.ts";
import type { SharedMemory } from "../runtime/shared-memory.ts";
import { createReadRoom } from "./read-room.ts";
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

/** Most counts in an answer: some 20 MB of JSON. */
const MOST_COUNTS = 200_000;

export interface MetricsDeps {
  readonly ledger: LedgerStore;
  /** What readers of accounts hold, by turns of orgs. */
  readonly memory: SharedMemory;
  readonly takeUp?: ReadOptions["takeUp"];
}

/**
 * Exact counts of stored events. `from` and `to` widen to whole intervals, in UTC; without them, the last 24 hours or
 * 30 days. Throws AppError `invalid_parameter`, `busy` or `store_unavailable`.
 */
export async function queryMetrics(
  { ledger, memory, takeUp }: MetricsDeps,
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
  const range = { by: "event", from, to } as const;
  const takeRoom = createReadRoom(memory, principal.orgId);
  const options = { step, eventType: event_type, maxCounts: MOST_COUNTS, takeRoom, takeUp };
  const sum = await readAccount(ledger, principal.orgId, range, options);
  refuseTooMany(sum, { from, to });
  const series = toSeries(sum.counts);
  const total = series.reduce((sum, row) => sum + row.count, 0);
  return { from: hourStart(from), to: hourStart(to), interval, total, series };
}

function refuseTooMany(sum: AccountSum, { from, to }: { readonly from: Hour; readonly to: Hour }): void {
  if (sum.from === from) return;
  reached("too-many-counts");
  const most = `the range has more than ${MOST_COUNTS} counts`;
  const fits = sum.from < to ? `from ${hourStart(sum.from)} on they fit` : "and so has its last interval alone";
  throw new AppError("invalid_parameter", `${most}: ${fits}; or ask by day, or for one \`event_type\``, {
    members: { parameter: "from" },
  });
}

function toSeries(counts: IntervalCounts): { start: string; event_type: string; count: number }[] {
  const intervals = [...counts].sort(([a], [b]) => a - b);
  return intervals.flatMap(([hour, types]) => {
    const start = hourStart(hour);
    const rows = [...types].filter(([, count]) => count !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
    return rows.map(([event_type, count]) => ({ start, event_type, count }));
  });
}
