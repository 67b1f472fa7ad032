import { resolveSettings } from "../app-settings.ts";
import { createBlobService } from "../blob-service.ts";
import { requireTextProperty } from "../functions.ts";
import { messageOf } from "../host-error.ts";
import { type ListenerFactory, logAs } from "../listener.ts";
import { runWithRetry } from "../retry.ts";
import { isSubMinute, parseSchedule } from "./schedule.ts";
import { createTimerMonitor, formatStatus, isPastDue, NEVER, type ScheduleStatus } from "./timer-monitor.ts";

const HOSTS_CONTAINER = "azure-webjobs-hosts";
/** setTimeout overflows at 2^31 ms. */
const MAX_SLEEP_MS = 86_400_000;

/** Runs one timer function, never twice at a time (azure-webjobs-sdk-extensions `TimerListener.cs`). */
export const createTimerListener: ListenerFactory = (fn, { invoke, log, hostId }) => {
  const report = logAs(fn, log);
  const expression = resolveSettings(requireTextProperty(fn, "schedule"), `Function ${fn.name}`);
  const schedule = parseSchedule(expression);
  const monitored = fn.binding.useMonitor !== false && !isSubMinute(schedule, new Date());
  const monitor = monitored
    ? createTimerMonitor(createBlobService("Storage").getContainerClient(HOSTS_CONTAINER), hostId, fn.name)
    : undefined;
  const stopping = new AbortController();
  let status: ScheduleStatus | undefined;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function saveStatus(last: Date, next: Date): Promise<void> {
    status = { last, next, lastUpdated: new Date() };
    await monitor?.write(status).catch((error: unknown) => report("error", `Status not written: ${messageOf(error)}`));
  }

  async function runOnce(isPastDueNow: boolean): Promise<void> {
    const input = JSON.stringify({
      Schedule: { AdjustForDST: schedule.adjustForDst },
      ScheduleStatus: monitor && status ? formatStatus(status) : null,
      IsPastDue: isPastDueNow,
    });
    const started = new Date();
    await runWithRetry(
      fn.retry,
      (retryContext) => invoke(fn, { input: { json: input }, ...(retryContext && { retryContext }) }),
      stopping.signal,
    );
    // A failed run counts as a run: the next one is due when it would have been.
    await saveStatus(started, schedule.next(new Date()));
  }

  function sleepUntil(due: Date): void {
    if (stopping.signal.aborted) return;
    const left = due.getTime() - Date.now();
    timer = setTimeout(
      () => {
        if (left > MAX_SLEEP_MS) return sleepUntil(due);
        running = runOnce(false).finally(() =>
          sleepUntil(schedule.next(new Date(Math.max(Date.now(), due.getTime())))),
        );
      },
      Math.min(Math.max(left, 0), MAX_SLEEP_MS),
    );
  }

  async function findPastDue(now: Date): Promise<boolean> {
    status = await monitor?.read();
    if (status) return isPastDue(status, schedule, now);
    await saveStatus(NEVER, schedule.next(now));
    return false;
  }

  return {
    start: async () => {
      const now = new Date();
      const pastDue = monitor ? await findPastDue(now) : false;
      if (!pastDue && fn.binding.runOnStartup !== true) return sleepUntil(schedule.next(now));
      running = runOnce(pastDue).finally(() => sleepUntil(schedule.next(new Date())));
    },
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
};
