import { expect, it } from "vitest";
import { createReadiness } from "../../../shared/http/health.ts";
import { NotReadyError } from "../../../shared/runtime/not-ready-error.ts";
import type { LogFields } from "../../../shared/telemetry/log.ts";

const WAIT_MS = 50;

it("readiness names the dependencies that do not answer in time, and repeats nothing of their own errors", async () => {
  const ready = createReadiness(
    [
      { name: "up", check: async () => undefined },
      { name: "hangs", check: () => new Promise(() => undefined) },
      { name: "heeds the signal", check: (signal) => untilAborted(signal) },
      // A text that begins like our own words is not ours.
      { name: "down", check: () => Promise.reject(new Error("no answer from 10.0.0.7")) },
      { name: "set up wrongly", check: () => Promise.reject(new NotReadyError("a role is missing")) },
    ],
    { timeoutMs: WAIT_MS },
  );
  const late = `no answer within ${WAIT_MS} ms`;
  const { status, body } = await ready();
  expect(status).toBe(503);
  expect(body).toMatchObject({
    status: "not_ready",
    checks: [
      { name: "up", ok: true },
      { name: "hangs", ok: false, error: late },
      { name: "heeds the signal", ok: false, error: late },
      { name: "down", ok: false, error: "does not answer as it should" },
      { name: "set up wrongly", ok: false, error: "a role is missing" },
    ],
  });
});

it("the log hears once of each reason, with what was thrown, and of the end", async () => {
  const lines: [string, LogFields | undefined][] = [];
  const say = (message: string, fields?: LogFields) => void lines.push([message, fields]);
  const log = { info: say, warn: say, error: say };
  let now = 0;
  let error: Error | undefined = new Error("no answer from 10.0.0.7");
  const check = async () => {
    if (error) throw error;
  };
  const ready = createReadiness([{ name: "store", check }], { now: () => now });
  const probe = async (): Promise<unknown> => {
    now += 2_000;
    return (await ready({ log })).body;
  };
  expect(JSON.stringify(await probe())).not.toContain("10.0.0.7");
  await probe();
  const role = new NotReadyError("a role is missing");
  error = role;
  await probe();
  await probe();
  error = undefined;
  await probe();
  await probe();
  expect(lines).toEqual([
    [
      "a dependency is not as it must be",
      { dependency: "store", reason: "does not answer as it should", error: new Error("no answer from 10.0.0.7") },
    ],
    ["a dependency is not as it must be", { dependency: "store", reason: "a role is missing", error: role }],
    ["a dependency is as it must be again", { dependency: "store" }],
  ]);
});

it("readiness does not depend on optional dependencies", async () => {
  const down = { name: "queues", check: () => Promise.reject(new Error("down")), required: false };
  expect(await createReadiness([down])()).toMatchObject({ status: 200, body: { checks: [{ ok: false }] } });
});

it("readiness tells the version that it is given, and says nothing of one otherwise", async () => {
  const tell = async (options?: { version: string }) => (await createReadiness([], options)()).body;
  expect(await tell({ version: "0.3.0+4f2a91c0" })).toEqual({ status: "ready", version: "0.3.0+4f2a91c0", checks: [] });
  expect(await tell()).toEqual({ status: "ready", checks: [] });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });
}
