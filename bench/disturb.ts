import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../local/launcher/faults/random.ts";
import type { ServiceName } from "../local/launcher/service-names.ts";
import type { Stack } from "../local/launcher/stack.ts";
import type { Releases } from "./releases.ts";
import { createRewinder, type Rewinder } from "./rewind.ts";

export interface DisturbancePlan {
  /** How often the Functions host is killed. */
  readonly host: number;
  /** How often each of our emulators is killed. */
  readonly emulators: number;
  /** How often each service is paused, and each of Azurite's ended gently and started again. */
  readonly pauses: number;
  /** How often a second host reads the same partitions. */
  readonly secondHosts: number;
  /** How often the clock is put forward, and how often back. */
  readonly jumps: number;
  /** How often the queues refuse the host, which shuts it down with the work in flight. */
  readonly refusals: number;
  /** How often hosts of the other release take the place of those that run; needs `releases`. Default: never. */
  readonly turns?: number;
}

export interface Disturbance {
  readonly done: Promise<void>;
  /** What was done so far, and how often. */
  readonly events: Readonly<Record<string, number>>;
}

type Act = readonly [what: string, act: () => Promise<void>];

/** A jump back is like a time server's; it is small (the daemons slew when they can). */
const BACK_MS = 2_000;
const STARTS = 5;
const LARGEST_JUMP_MS = 900_000;
/**
 * All jumps together: well within the retention of the hub, and within the error that a client's `sent_at` may have.
 */
const ALL_JUMPS_MS = 12 * 3_600_000;

/**
 * Kills, pauses, rewinds, second hosts and jumps of the clock in random order at random moments, spread over `overMs`.
 */
export function disturb(
  stack: Stack,
  plan: DisturbancePlan,
  random: Random,
  overMs: number,
  releases?: Releases,
): Disturbance {
  const events: Record<string, number> = {};
  const count = (what: string): void => {
    events[what] = (events[what] ?? 0) + 1;
  };
  const largestJump = Math.min(LARGEST_JUMP_MS, ALL_JUMPS_MS / Math.max(1, plan.jumps));
  const rewinder = createRewinder(stack.storage.connectionString ?? "", random);
  const acts = shuffle(random, [
    ...repeat(plan.host, "host killed", () => crashHost(stack, random, rewinder, count)),
    ...repeat(plan.emulators, "Cosmos DB killed", () => crash(stack, "cosmos", random)),
    ...repeat(plan.emulators, "Event Hubs killed", () => crash(stack, "event-hubs", random)),
    ...repeat(plan.pauses, "host paused", () => pause(stack, "functions-host", 6_000)),
    ...repeat(plan.pauses, "Cosmos DB paused", () => pause(stack, "cosmos", 3_000)),
    ...repeat(plan.pauses, "Event Hubs paused", () => pause(stack, "event-hubs", 3_000)),
    ...repeat(plan.pauses, "queues paused", () => pause(stack, "queue", 2_000)),
    ...repeat(plan.pauses, "blobs paused", () => pause(stack, "blob", 2_000)),
    // Azurite forgets acknowledged writes when it is killed, so it is ended gently.
    ...repeat(plan.pauses, "queues restarted", () => stack.restart("queue")),
    ...repeat(plan.pauses, "blobs restarted", () => stack.restart("blob")),
    ...repeat(plan.secondHosts, "second host", () => shareWithSecondHost(stack, random, count)),
    ...repeat(plan.jumps, "clock put forward", () => jump(stack, random.below(largestJump))),
    ...repeat(plan.jumps, "clock put back", () => jump(stack, -random.below(BACK_MS))),
    ...repeat(plan.refusals, "queues refused", () => refuse(stack, random)),
    ...(releases ? repeat(plan.turns ?? 0, "turn taken", () => takeTurn(stack, releases, random, count)) : []),
  ]);
  const moments = acts.map(() => random.below(overMs)).sort((a, b) => a - b);
  const run = async (): Promise<void> => {
    const began = performance.now();
    for (const [i, [what, act]] of acts.entries()) {
      await sleep(Math.max(0, (moments[i] ?? 0) - (performance.now() - began)));
      await act();
      count(what);
    }
    if (plan.turns && releases?.chosen() === "last") await takeTurn(stack, releases, random, count);
  };
  return { done: run(), events };
}

function repeat(count: number, what: string, act: () => Promise<void>): Act[] {
  return Array.from({ length: count }, () => [what, act]);
}

function shuffle<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random.below(left.length), 1));
}

async function crash(stack: Stack, name: "cosmos" | "event-hubs", random: Random): Promise<void> {
  await stack.kill(name);
  await sleep(random.below(800));
  await revive(stack, name);
}

/**
 * Sometimes the host comes back to an old checkpoint. Everything since is then delivered once more, with other batch
 * boundaries.
 */
async function crashHost(
  stack: Stack,
  random: Random,
  rewinder: Rewinder,
  count: (what: string) => void,
): Promise<void> {
  await rewinder.remember();
  await stack.kill("functions-host");
  if (random.chance(0.4) && (await rewinder.rewind())) count("partition rewound");
  await sleep(random.below(800));
  await revive(stack, "functions-host");
}

/** Starts a service again, as a platform does: until it starts. A host may meet so many faults that it gives up. */
async function revive(stack: Stack, name: ServiceName): Promise<void> {
  for (let left = STARTS; ; left--) {
    try {
      return await stack.restart(name);
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

async function pause(stack: Stack, name: ServiceName, ms: number): Promise<void> {
  await stack.kill(name, "SIGSTOP");
  await sleep(ms);
  await stack.kill(name, "SIGCONT");
}

/**
 * As when a role is taken away for a moment. A host polls its queues several times a second, so that it sees it and
 * shuts itself down (403 is not retried); the launcher starts another, which may end in the same way.
 */
async function refuse(stack: Stack, random: Random): Promise<void> {
  stack.faults?.refuseQueues(true);
  await sleep(1_500 + random.below(2_500));
  stack.faults?.refuseQueues(false);
}

/**
 * Two live hosts. The first one is stopped until the second has taken all partitions. When it goes on, both read them
 * until it finds out. Then one of them is killed.
 */
async function shareWithSecondHost(stack: Stack, random: Random, count: (what: string) => void): Promise<void> {
  if (!(await stack.startSecondHost().catch(() => undefined))) return;
  await sleep(1_000 + random.below(2_000));
  await pause(stack, "functions-host", 7_000);
  await sleep(500 + random.below(3_000));
  if (random.chance(0.5)) {
    await stack.kill("functions-host");
    await revive(stack, "functions-host");
    count("first of two hosts killed");
  } else count("second of two hosts killed");
  await stack.kill("second-host");
}

/**
 * As an update, or the way back from one: hosts of the other release start in the place of those that run. Sometimes
 * one of them runs beside the old one first, on the same partitions.
 */
async function takeTurn(
  stack: Stack,
  releases: Releases,
  random: Random,
  count: (what: string) => void,
): Promise<void> {
  releases.choose(releases.chosen() === "last" ? "this" : "last");
  const isBeside = random.chance(0.5) && (await startBeside(stack));
  if (isBeside) await sleep(1_000 + random.below(4_000));
  await stack.kill("functions-host");
  await revive(stack, "functions-host");
  if (isBeside) await stack.kill("second-host");
  count(`host of ${releases.chosen()} release started${isBeside ? ", after one beside the other" : ""}`);
}

/** False when faults kept it from starting, each time. */
async function startBeside(stack: Stack): Promise<boolean> {
  for (let left = STARTS; left > 0; left--) if (await stack.startSecondHost().catch(() => undefined)) return true;
  return false;
}

async function jump(stack: Stack, ms: number): Promise<void> {
  await stack.clock?.advance(ms);
}
