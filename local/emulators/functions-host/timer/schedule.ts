import { Cron } from "croner";
import { HostError, messageOf } from "../host-error.ts";
import { parseTimeSpan } from "../time-span.ts";

export interface Schedule {
  /** The first occurrence after `after`, in the machine's local time zone. */
  next(after: Date): Date;
  /** True for cron expressions: they follow the clock when daylight saving time begins or ends. */
  readonly adjustForDst: boolean;
}

/** NCRONTAB knows no `L`, `W`, `#` or `?`, which croner would take. */
const NCRONTAB_FIELD = /^[\dA-Z*,/-]+$/i;

function createCronSchedule(expression: string): Schedule {
  const fields = expression.trim().split(/\s+/);
  if ((fields.length !== 5 && fields.length !== 6) || !fields.every((field) => NCRONTAB_FIELD.test(field))) {
    throw new HostError(`The schedule '${expression}' is neither an NCRONTAB expression nor a TimeSpan.`);
  }
  let cron: Cron;
  try {
    // In NCRONTAB both the day of the month and the day of the week must match, and `5/15` means from 5 on.
    cron = new Cron(fields.join(" "), { paused: true, domAndDow: true, sloppyRanges: true });
  } catch (error) {
    throw new HostError(`The schedule '${expression}' is invalid: ${messageOf(error)}`);
  }
  const next = (after: Date): Date => {
    const date = cron.nextRun(after);
    if (!date) throw new HostError(`The schedule '${expression}' has no occurrence after ${after.toISOString()}.`);
    return date;
  };
  return { next, adjustForDst: true };
}

/**
 * A timer's schedule: NCRONTAB of five or six fields (seconds first), or a TimeSpan `hh:mm:ss` between two runs.
 *
 * @throws HostError when it is neither
 */
export function parseSchedule(expression: string): Schedule {
  const interval = parseTimeSpan(expression);
  if (interval === undefined) return createCronSchedule(expression);
  if (interval <= 0) throw new HostError(`The schedule '${expression}' must be longer than nothing.`);
  return { next: (after) => new Date(after.getTime() + interval), adjustForDst: false };
}

/** Whether two occurrences of the next ten lie less than a minute apart: then the real host keeps no status. */
export function isSubMinute(schedule: Schedule, from: Date): boolean {
  let last = schedule.next(from);
  for (let i = 0; i < 10; i++) {
    const next = schedule.next(last);
    if (next.getTime() - last.getTime() < 60_000) return true;
    last = next;
  }
  return false;
}
