import { AppError } from "../../shared/errors.ts";
import type { TimerName, TimerRuns } from "../../shared/operator/timer-runs.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface MemoryTimerRuns extends TimerRuns, MemoryService {
  /** How often a run was noted. */
  notes: number;
}

/** The timers' runs in memory. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryTimerRuns(): MemoryTimerRuns {
  const kept = new Map<TimerName, number>();
  const places = new Map<TimerName, string>();
  const options = { failure: () => new AppError("store_unavailable", "the store is away", { retryAfter: 1 }) };
  const runs: MemoryTimerRuns = {
    away: false,
    hanging: undefined,
    notes: 0,
    note: (timer, at) => {
      runs.notes++;
      return call(runs, () => void kept.set(timer, at), options);
    },
    read: (timer) => call(runs, () => kept.get(timer), options),
    keepPlace: (timer, place) => call(runs, () => void places.set(timer, place), options),
    readPlace: (timer) => call(runs, () => places.get(timer), options),
  };
  return runs;
}
