import { expect, it } from "vitest";
import { createReadiness } from "../../../shared/http/health.ts";

const WAIT_MS = 50;

it("readiness names the dependencies that do not answer in time, and repeats nothing of their own errors", async () => {
  const ready = createReadiness(
    [
      { name: "up", check: async () => undefined },
      { name: "hangs", check: () => new Promise(() => undefined) },
      { name: "heeds the signal", check: (signal) => untilAborted(signal) },
      // A text that begins like our own words is not ours.
      { name: "down", check: () => Promise.reject(new Error("no answer from 10.0.0.7")) },
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
    ],
  });
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
