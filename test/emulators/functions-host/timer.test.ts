import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSchedule } from "../../../local/emulators/functions-host/timer/schedule.ts";
import { eventually, type HostProcess, type Storage, startHost, startStorage } from "./support.ts";

interface Seen {
  readonly fn: string;
  readonly at: number;
  readonly timer: { isPastDue: boolean; scheduleStatus: { last: string; next: string } | null };
  readonly retry?: { retryCount: number; maxRetryCount: number; exception?: { message: string } };
}

let storage: Storage;
let host: HostProcess;
const start = (): Promise<HostProcess> =>
  startHost("timer", {
    env: {
      AzureWebJobsStorage: storage.connectionString,
      AzureFunctionsWebHost__hostid: "timers",
      EVERY: "00:00:01",
      "AzureWebJobs.disabled.Disabled": "true",
    },
    args: ["--drain", "2"],
  });
const seen = (fn: string, of = host): Seen[] => of.said<Seen>("SEEN").filter((entry) => entry.fn === fn);
const runs = (fn: string, count: number, of = host): Promise<Seen[]> =>
  eventually(`${fn} has run ${count} times`, () => (seen(fn, of).length >= count ? seen(fn, of) : undefined));

beforeAll(async () => {
  storage = await startStorage();
  host = await start();
});
afterAll(async () => {
  await host.kill();
  await storage.stop();
});

describe("timers", () => {
  it("fires on whole seconds, without a status for less than a minute", async () => {
    const [first, ...later] = await runs("everySecond", 4);
    expect([first?.timer.scheduleStatus, first?.timer.isPastDue]).toEqual([null, false]);
    const seconds = [first, ...later].map((run) => Math.floor(Number(run?.at) / 1000));
    expect(new Set(seconds).size).toBe(seconds.length);
    // A machine with other work makes some of them late, and none early.
    const late = [first, ...later].map((run) => Number(run?.at) % 1000);
    expect(Math.min(...late)).toBeLessThan(300);
  });

  it("takes a time span from a setting", async () => {
    expect((await runs("bySetting", 2)).length).toBeGreaterThanOrEqual(2);
  });

  it("goes on after a failure", async () => {
    expect((await runs("fails", 2)).length).toBeGreaterThanOrEqual(2);
  });

  it("never runs twice at a time", async () => {
    await runs("slow", 3);
    const words = host.lines.flatMap((line) => / (SEEN|DONE) \{"fn":"slow"/.exec(line)?.[1] ?? []);
    expect(words.length).toBeGreaterThan(4);
    expect(words.every((word, i) => word === (i % 2 === 0 ? "SEEN" : "DONE"))).toBe(true);
  });

  it("runs at the start if its options say so, and not otherwise", async () => {
    expect(await runs("atStart", 1)).toHaveLength(1);
    expect(seen("hourly")).toHaveLength(0);
  });

  it("retries under the function's policy and tells the handler", async () => {
    const tries = await runs("retried", 3);
    expect(tries.map((entry) => entry.retry?.retryCount)).toEqual([0, 1, 2]);
    expect(tries[0]?.retry).toEqual({ retryCount: 0, maxRetryCount: 2 });
    expect(tries[1]?.retry?.exception?.message).toContain("again");
  });

  it("keeps a status, and after a missed occurrence runs at once as past due", async () => {
    const container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient(
      "azure-webjobs-hosts",
    );
    const blob = container.getBlockBlobClient("timers/timers/Host.Functions.hourly/status");
    const status = JSON.parse((await blob.downloadToBuffer()).toString());
    expect(new Date(status.Next).getMinutes()).toBe(0);
    expect(new Date(status.Next).getTime()).toBeGreaterThan(Date.now());
    expect(await host.stop()).toBe(0);

    const past = new Date(Date.now() - 7_200_000).toISOString();
    const missed = JSON.stringify({ Last: past, Next: past, LastUpdated: past });
    await blob.upload(missed, Buffer.byteLength(missed));
    host = await start();
    const [run] = await runs("hourly", 1);
    expect(run?.timer).toMatchObject({ isPastDue: true, scheduleStatus: { last: past } });
    await eventually("the status has moved on", async () => {
      const now = JSON.parse((await blob.downloadToBuffer()).toString());
      return Date.parse(now.Last) > Date.parse(past) && Date.parse(now.Next) > Date.now();
    });
  });
});

describe("schedules", () => {
  const next = (expression: string, after: string): string =>
    parseSchedule(expression).next(new Date(after)).toString().slice(0, 24);

  it.each([
    ["0 */5 * * * *", "2026-03-01T10:01:00", "Sun Mar 01 2026 10:05:00"],
    ["*/5 * * * *", "2026-03-01T10:01:00", "Sun Mar 01 2026 10:05:00"],
    ["30 0/20 * * * *", "2026-03-01T10:01:00", "Sun Mar 01 2026 10:20:30"],
    ["0 0 9 * * 1-5", "2026-03-07T10:00:00", "Mon Mar 09 2026 09:00:00"],
    ["0 0 9 * * MON", "2026-03-07T10:00:00", "Mon Mar 09 2026 09:00:00"],
    // Both must match: the first Friday that is a 13th.
    ["0 0 0 13 * FRI", "2026-03-14T00:00:00", "Fri Nov 13 2026 00:00:00"],
    ["00:30:00", "2026-03-01T10:01:00", "Sun Mar 01 2026 10:31:00"],
    ["1.00:00:00", "2026-03-01T10:01:00", "Mon Mar 02 2026 10:01:00"],
  ])("%s after %s is %s", (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it.each(["* * * *", "0 0 L * * *", "61 * * * * *", "every minute", "00:00:00", "@daily"])("refuses '%s'", (text) => {
    expect(() => parseSchedule(text)).toThrow(/schedule/);
  });
});
