import { createRandom, type Random } from "../../local/launcher/faults/random.ts";
import type { LedgerStore } from "../../shared/ledger/ledger-store.ts";
import { toOlderEntry } from "../support/older-ledger.ts";
import { ACTS, createActs, finishActs, startAct } from "./acts.ts";
import { checkWorld } from "./check-world.ts";
import { connectLedger, connectOlder } from "./connect-ledger.ts";
import { isAtRest, startSomething } from "./host.ts";
import { type HostRules, hostRules } from "./host-rules.ts";
import { createLater, finishLater, LATER, startLater } from "./later.ts";
import type { Machine } from "./machine.ts";
import { makeTraffic } from "./make-traffic.ts";
import { createScheduler, type Odds, type Process } from "./scheduler.ts";
import { type Connection, connect, createWorld, type Ports, unavailable, type World, written } from "./world.ts";

/** The power of a deliberate weakening: to wrap the ports of a process. */
export type Weaken = (ports: Ports, world: World, process: Process, random: Random) => Ports;

export interface Run {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

/** Steps after which nothing fails any more, so that everything comes to its end. */
const STORMY_STEPS = 120;
/** A seed that has not come to rest by then never will. */
const MAX_STEPS = 6_000;

/**
 * Runs one seed: the pipeline's own code under a random interleaving with faults, and then the check of the invariants.
 */
export async function runSeed(
  seed: number,
  weaken: Weaken = (ports) => ports,
  keepTrace = false,
  rules: HostRules = hostRules,
): Promise<Run> {
  const random = createRandom(seed);
  const scheduler = createScheduler(random, pickOdds(random), keepTrace);
  const world = createWorld(seed, scheduler.isCalm);
  const traffic = await makeTraffic(random);
  for (const { claim } of traffic.sent) if (claim) world.claims.blobs.set(claim.blob, claim.bytes);
  const apart = random.chance(0.5);
  const hasOlder = random.chance(0.5);
  // About the size of a rollup of one entry or two; or never.
  const sealedBytes = random.pick([250, 400, 256 * 1024]);
  const expiring = random.chance(0.2);
  const ownPortsOf = (process: Process): Ports =>
    weaken(connectAll({ world, scheduler, random, process, apart }, sealedBytes), world, process, random);
  const later = createLater(createRandom(seed ^ LATER), { expiring, hasOlder });
  // What belongs to nobody is swept too, and would come back with the last delivery of all.
  const alone = !expiring && !hasOlder && !later.adjusting && later.disaster === undefined && traffic.strange === 0;
  const machine: Machine = {
    ...traffic,
    world,
    scheduler,
    random,
    expiring,
    sealedBytes,
    rules,
    updating: random.chance(0.2),
    step: 0,
    hiddenUntil: new Map(),
    portsOf: (process) => {
      const ports = ownPortsOf(process);
      return hasOlder && random.chance(0.5) ? asOlder(ports) : ports;
    },
    ownPortsOf,
    later,
    acts: createActs(createRandom(seed ^ ACTS), alone),
    workers: new Map(),
    checkpoint: 0,
    dispatching: false,
  };
  await runToTheEnd(machine);
  return { violations: world.violations, trace: scheduler.trace };
}

function connectAll(connection: Connection, sealedBytes: number): Ports {
  const { random } = connection;
  return {
    ...connect(connection),
    ledger: connectLedger(connection),
    older: connectOlder(connection),
    // Every second delivery merges. A head is smaller than a rollup by so much.
    merging: { random: () => random.below(2) / 2, sealedBytes: sealedBytes - 100 },
  };
}

/** An instance of 0.6.0 closes each account by itself, by an open entry, and merges no deltas. */
function asOlder(ports: Ports): Ports {
  const { ledger, older } = ports;
  const createEntries: LedgerStore["createEntries"] = async ({ entries }) => {
    const own = entries.filter((one) => one.kind === "entry");
    const results = await Promise.all(own.map((entry) => older.createEntry(toOlderEntry(entry))));
    return results.every(({ status }) => status !== "unavailable") ? written : unavailable;
  };
  return { ...ports, ledger: { ...ledger, createEntries }, merging: { random: () => 1 } };
}

function pickOdds(random: Random): Odds {
  return {
    crash: random.pick([0, 0.03, 0.1]),
    failBefore: random.pick([0, 0.05]),
    failAfter: random.pick([0, 0.05, 0.15]),
  };
}

async function runToTheEnd(machine: Machine): Promise<void> {
  const { violations } = machine.world;
  if (!(await runUntilRest(machine))) violations.push("the pipeline never came to rest");
  await finishLater(machine, () => runUntilRest(machine));
  await finishActs(machine, () => runUntilRest(machine));
  violations.push(...(await checkWorld(machine.world, machine)));
  if (violations.length === 0 && machine.random.chance(0.5)) await redeliverEverything(machine);
}

async function runUntilRest(machine: Machine): Promise<boolean> {
  const { scheduler, random } = machine;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    machine.step++;
    if (steps === STORMY_STEPS) scheduler.calm();
    if (random.chance(0.4)) startSomething(machine);
    if (!scheduler.isCalm()) {
      startLater(machine);
      startAct(machine);
    }
    if (await scheduler.advance()) continue;
    if (startSomething(machine)) continue;
    if (!isAtRest(machine)) continue;
    if (scheduler.isCalm()) return true;
    // The storm may end early.
    if (random.chance(0.3)) scheduler.calm();
  }
  return false;
}

/** Long after: some events have expired, and the whole hub is delivered once more. Nothing may come back or change. */
async function redeliverEverything(machine: Machine): Promise<void> {
  const { world, random } = machine;
  const expired = world.events.all().filter(() => random.chance(0.5));
  for (const { org_id, id } of expired) world.events.expire(org_id, id);
  const look = (): string =>
    JSON.stringify([world.ledger.entries(), world.events.all(), world.quarantine.all(), countEntries(world)]);
  const before = look();
  machine.scheduler.note("everything is delivered once more");
  machine.checkpoint = 0;
  if (!(await runUntilRest(machine))) world.violations.push("a late redelivery never came to rest");
  if (look() !== before) world.violations.push("a late redelivery changed something");
}

/** Entries that heads and deltas count: merges go on. */
function countEntries({ ledger }: World): number {
  const inHeads = ledger.sums().reduce((sum, one) => sum + (one.kind === "head" ? one.m : 0), 0);
  return ledger.deltas().reduce((sum, { of }) => sum + of.length, inHeads);
}
