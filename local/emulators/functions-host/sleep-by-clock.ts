import { setTimeout as sleep } from "node:timers/promises";

/** How late a jump of the clock is seen, in milliseconds. */
const LOOK_MS = 250;

/**
 * Waits until the wall clock has gone on by `ms`, or the signal aborts; never rejects. It is for times that a service
 * counts by its own wall clock, such as the time that a message is hidden. A timer alone stands still while the machine
 * sleeps.
 */
export async function sleepByClock(ms: number, signal: AbortSignal): Promise<void> {
  const due = Date.now() + ms;
  for (let left = ms; left > 0 && !signal.aborted; left = due - Date.now()) {
    await sleep(Math.min(left, LOOK_MS), undefined, { signal }).catch(() => undefined);
  }
}
