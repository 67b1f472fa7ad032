import type { Logger } from "../telemetry/log.ts";

/** The timers of `functions/triggers.ts`. */
export const timerNames = ["sweep-ledger", "rotate-secrets"] as const;
export type TimerName = (typeof timerNames)[number];

/** When each timer last did its work: each runs on an instance of its own, which nobody can ask. */
export interface TimerRuns {
  /** `at` in ms since 1970. Throws AppError `store_unavailable`. */
  note(timer: TimerName, at: number): Promise<void>;
  /** Undefined for one that never ran. Throws AppError `store_unavailable`. */
  read(timer: TimerName): Promise<number | undefined>;
  /** How far it came, for the run that goes on. Throws AppError `store_unavailable`. */
  keepPlace(timer: TimerName, place: string): Promise<void>;
  /** Undefined before the first. Throws AppError `store_unavailable`. */
  readPlace(timer: TimerName): Promise<string | undefined>;
}

export interface TimerView {
  readonly timer: TimerName;
  /** Null when it never ran. */
  readonly last_run_at: string | null;
  readonly age_seconds: number | null;
}

/** A run is noted at most this often: an age of minutes is what tells. */
const EVERY_MS = 60_000;

/**
 * Notes that a timer has done its work, in the store and by a line in the log that an alert counts
 * (infra/monitoring/alerts.ts). Never throws: the work is done.
 */
export type NoteTimerRun = (timer: TimerName, log: Logger) => Promise<void>;

export function createNoteTimerRun(runs: TimerRuns, now: () => number): NoteTimerRun {
  const noted = new Map<TimerName, number>();
  return async (timer, log) => {
    const at = now();
    if (Math.abs(at - (noted.get(timer) ?? Number.NEGATIVE_INFINITY)) < EVERY_MS) return;
    try {
      await runs.note(timer, at);
      noted.set(timer, at);
      log.info("a timer did its work", { timer });
    } catch (error) {
      log.warn("a timer's run could not be noted", { timer, error });
    }
  };
}

/** Whether a timer last did its work before a time (ms), or it cannot be told. */
export async function isDue(runs: TimerRuns, timer: TimerName, before: number, log: Logger): Promise<boolean> {
  try {
    return ((await runs.read(timer)) ?? Number.NEGATIVE_INFINITY) < before;
  } catch (error) {
    log.warn("a timer's last run cannot be told; it runs", { timer, error });
    return true;
  }
}

/** The timers as the operator sees them; null, with a line in the log, when it cannot be told. */
export async function tellTimers(runs: TimerRuns, now: number, log: Logger): Promise<readonly TimerView[] | null> {
  try {
    return await Promise.all(timerNames.map(async (timer) => view(timer, await runs.read(timer), now)));
  } catch (error) {
    log.warn("the timers' runs cannot be told", { error });
    return null;
  }
}

function view(timer: TimerName, at: number | undefined, now: number): TimerView {
  if (at === undefined) return { timer, last_run_at: null, age_seconds: null };
  const age_seconds = Math.max(0, Math.round((now - at) / 1000));
  return { timer, last_run_at: new Date(at).toISOString(), age_seconds };
}
