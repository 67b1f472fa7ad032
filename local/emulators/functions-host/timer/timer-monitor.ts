import type { ContainerClient } from "@azure/storage-blob";
import type { Schedule } from "./schedule.ts";

/**
 * When a timer last ran and runs next; ISO 8601 in the blob, as the real host's `StorageScheduleMonitor.cs` writes it.
 */
export interface ScheduleStatus {
  readonly last: Date;
  readonly next: Date;
  readonly lastUpdated: Date;
}

export interface TimerMonitor {
  read(): Promise<ScheduleStatus | undefined>;
  write(status: ScheduleStatus): Promise<void>;
}

/** .NET's `default(DateTime)`: the timer has not run yet. */
export const NEVER = new Date("0001-01-01T00:00:00.000Z");

export function formatStatus({ last, next, lastUpdated }: ScheduleStatus): Record<string, string> {
  return { Last: last.toISOString(), Next: next.toISOString(), LastUpdated: lastUpdated.toISOString() };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 404;
}

/** Keeps the status in `timers/{hostId}/Host.Functions.{name}/status` of the container `azure-webjobs-hosts`. */
export function createTimerMonitor(container: ContainerClient, hostId: string, functionName: string): TimerMonitor {
  const blob = container.getBlockBlobClient(`timers/${hostId}/Host.Functions.${functionName}/status`);
  return {
    read: async () => {
      try {
        const text = (await blob.downloadToBuffer()).toString("utf8");
        const { Last, Next, LastUpdated } = JSON.parse(text);
        return { last: new Date(Last), next: new Date(Next), lastUpdated: new Date(LastUpdated ?? Last) };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    write: async (status) => {
      const text = JSON.stringify(formatStatus(status));
      const options = { blobHTTPHeaders: { blobContentType: "application/json" } };
      try {
        await blob.upload(text, Buffer.byteLength(text), options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        await container.createIfNotExists();
        await blob.upload(text, Buffer.byteLength(text), options);
      }
    },
  };
}

/** Whether an occurrence passed while no host was running (`ScheduleMonitor.CheckPastDueAsync`). */
export function isPastDue(status: ScheduleStatus, schedule: Schedule, now: Date): boolean {
  const base = status.last.getTime() === NEVER.getTime() ? status.lastUpdated : status.last;
  return schedule.next(base) <= now;
}
