import { expect, it } from "vitest";
import { createNoteTimerRun, tellTimers } from "../../../shared/operator/timer-runs.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createMemoryTimerRuns } from "../../support/memory-timer-runs.ts";

const START = Date.parse("2026-11-29T03:00:00Z");

it("a timer that ticks every few seconds is noted once a minute", async () => {
  const runs = createMemoryTimerRuns();
  let now = START;
  const note = createNoteTimerRun(runs, () => now);
  for (; now < START + 180_000; now += 5_000) await note("sweep-ledger", silent);
  expect(runs.notes).toBe(3);
  expect(await runs.read("sweep-ledger")).toBe(START + 120_000);
});

it("a run that cannot be noted is no failure of the timer, and the next run is noted", async () => {
  const runs = createMemoryTimerRuns();
  const note = createNoteTimerRun(runs, () => START);
  runs.away = true;
  await note("rotate-secrets", silent);
  runs.away = false;
  await note("rotate-secrets", silent);
  expect(await runs.read("rotate-secrets")).toBe(START);
});

it("a timer that stands is seen by its age, one that never ran by null, and a store that is away by null for all", async () => {
  const runs = createMemoryTimerRuns();
  await runs.note("sweep-ledger", START);
  expect(await tellTimers(runs, START + 600_400, silent)).toEqual([
    { timer: "sweep-ledger", last_run_at: "2026-11-29T03:00:00.000Z", age_seconds: 600 },
    { timer: "rotate-secrets", last_run_at: null, age_seconds: null },
  ]);
  runs.away = true;
  expect(await tellTimers(runs, START, silent)).toBeNull();
});
