import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Timer {
  readonly name: string;
  /** NCRONTAB: seconds, minutes, hours, days, months, days of the week. */
  readonly schedule: string;
}

const folder = fileURLToPath(new URL("../../../functions", import.meta.url));
const TIMER = /app\.timer\("([^"]+)",\s*\{\s*schedule:\s*"([^"]+)"/g;

/** The app's timers, as its code has them. Throws an Error where it has one in another form. */
export function readTimers(): Timer[] {
  const code = readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(`${folder}/${file}`, "utf8"))
    .join("\n");
  const timers = [...code.matchAll(TIMER)].map(([, name = "", schedule = ""]) => ({ name, schedule }));
  const calls = code.split("app.timer(").length - 1;
  if (timers.length === calls) return timers;
  throw new Error(`functions/ has ${calls} timers, and the schedule of ${timers.length} can be read: see infra/plan/cost/timers.ts`);
}

/** How many values each part of a schedule has. */
const PARTS = [60, 60, 24] as const;
const DAY_SECONDS = 24 * 3_600;

/** Runs in a second, on average. Throws an Error for what it does not know: days that are not all. */
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
