import { triggers } from "../../../functions/triggers.ts";

export interface Timer {
  readonly name: string;
  /** NCRONTAB: seconds, minutes, hours, days, months, days of the week. */
  readonly schedule: string;
}

export const timers: readonly Timer[] = Object.entries(triggers.timer).map(([name, { schedule }]) => ({
  name,
  schedule,
}));

/** How many values the first parts of a schedule have. */
const PARTS = [60, 60, 24] as const;
const DAY_SECONDS = 24 * 3_600;

/** Runs in a second, on average. Throws an Error for a schedule that leaves days out: nothing here counts those. */
export function runsPerSecond({ name, schedule }: Timer): number {
  const parts = schedule.split(" ");
  if (parts.length !== 6 || !parts.slice(3).every((part) => part === "*"))
    throw new Error(`the schedule "${schedule}" of ${name} is not one that infra/plan/cost/timers.ts can count`);
  const runs = PARTS.map((count, index) => valuesOf(parts[index] ?? "*", count)).reduce((all, one) => all * one, 1);
  return runs / DAY_SECONDS;
}

function valuesOf(part: string, count: number): number {
  if (part === "*") return count;
  const step = /^\*\/(\d+)$/.exec(part)?.[1];
  return step === undefined ? part.split(",").length : Math.ceil(count / Number(step));
}
