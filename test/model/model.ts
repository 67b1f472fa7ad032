import { createRandom, type Random } from "../../local/faults/random.ts";
import { claimName } from "../../shared/envelope/claim-store.ts";
import { type EnvelopeItem, packContent } from "../../shared/envelope/content.ts";
import { encodeFrame, type Frame } from "../../shared/envelope/frame.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import { mergeLedger } from "../../shared/ledger/merge-ledger.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import type { Logger } from "../../shared/log.ts";
import { dispatchEnvelopes } from "../../shared/pipeline/dispatch-envelopes.ts";
import { persistPoison, persistWorkItem } from "../../shared/pipeline/persist-work-item.ts";
import { checkWorld, type Sent } from "./check-world.ts";
import { createScheduler, type Odds, type Process, type Scheduler } from "./scheduler.ts";
import { connect, createWorld, type Ports, type QueueMessage, storeTypes, type World } from "./world.ts";

/** What a deliberate weakening may do: wrap the ports of a process. */
export type Weaken = (ports: Ports, world: World, process: Process, random: Random) => Ports;

export interface Run {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const orgs = ["a", "b"] as const;
/** Steps after which nothing fails any more, so that everything comes to its end. */
const STORMY_STEPS = 120;
/** A seed that has not come to rest by then never will. */
const MAX_STEPS = 4_000;
/** After so many tries a message goes to the poison queue. */
const MAX_DEQUEUED = 3;

interface Machine {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly sent: readonly Sent[];
  /** Frames in the hub, one partition. */
  readonly hub: readonly Buffer[];
  readonly violations: string[];
  readonly portsOf: (process: Process) => Ports;
  /** How far the hub is dispatched. */
  checkpoint: number;
  dispatching: boolean;
}

/** Runs one seed: the pipeline's own code under a random interleaving with faults, and then the check of the invariants. */
export async function runSeed(seed: number, weaken: Weaken = (ports) => ports, keepTrace = false): Promise<Run> {
  const random = createRandom(seed);
  const odds: Odds = {
    crash: random.pick([0, 0.03, 0.1]),
    failBefore: random.pick([0, 0.05]),
    failAfter: random.pick([0, 0.05]),
  };
  const scheduler = createScheduler(random, odds, keepTrace);
  const world = createWorld();
  const sent = await makeEnvelopes(random, world);
  const machine: Machine = {
    world,
    scheduler,
    random,
    sent,
    hub: sent.map(({ message }) => message),
    violations: [],
    portsOf: (process) => weaken(connect(world, scheduler, random, process), world, process, random),
    checkpoint: 0,
    dispatching: false,
  };
  const rested = await runUntilRest(machine);
  if (!rested) machine.violations.push("the pipeline never came to rest");
  machine.violations.push(...(await checkWorld(world, sent)));
  if (machine.violations.length === 0) await redeliverEverything(machine);
  return { violations: machine.violations, trace: scheduler.trace };
}

async function makeEnvelopes(random: Random, world: World): Promise<Sent[]> {
  const count = 1 + random.below(4);
  return Promise.all(Array.from({ length: count }, (_, i) => makeEnvelope(random, world, i)));
}

async function makeEnvelope(random: Random, world: World, number: number): Promise<Sent> {
  const orgId = random.pick(orgs);
  const items = Array.from({ length: 1 + random.below(3) }, (_, i) => makeItem(random, i));
  const receiptId = makeReceiptId(random, number, items.length);
  // Kept out of the microtask order: packing a few bytes is synchronous inside.
  const { body, bytes } = await packContent(items.map((item) => JSON.stringify(item)));
  const head = { org_id: orgId, receipt_id: receiptId, events: items.length, bytes };
  const inline: Frame = { kind: "inline", head, body };
  if (!random.chance(0.3)) return { orgId, receiptId, items, message: encodeFrame(inline), blob: undefined };
  const blob = claimName(orgId, receiptId);
  world.claims.set(blob, encodeFrame(inline));
  return { orgId, receiptId, items, message: encodeFrame({ kind: "claim", head, blob }), blob };
}

const types = ["x", "x", "y", storeTypes.refused, storeTypes.sometimesRefused, storeTypes.defect];

function makeItem(random: Random, index: number): EnvelopeItem {
  if (random.chance(0.1)) return { q: { code: "wrong_type", path: "", message: "", raw: { json: index } } };
  if (index > 0 && random.chance(0.1)) return { d: { event_id: "e0", of: 0 } };
  // Few ids, so that envelopes meet; within an envelope they differ, as ingest sees to.
  const event_id = `e${index}${random.below(2)}`;
  return {
    e: {
      event_id,
      event_type: random.pick(types),
      timestamp: `2026-11-2${random.below(3)}T0${random.below(2)}:00:00.000Z`,
    },
  };
}

/** As `mintReceipt`, but from the seed; the pipeline does not look at the MAC. */
function makeReceiptId(random: Random, number: number, events: number): string {
  const bytes = Buffer.alloc(37);
  bytes.writeUIntBE(Date.UTC(2026, 10, 22, random.below(24)), 5, 6);
  bytes.writeUInt16BE(events, 11);
  bytes[13] = random.below(2);
  bytes[14] = number;
  return bytes.toString("base64url");
}

async function runUntilRest(machine: Machine): Promise<boolean> {
  const { scheduler, random } = machine;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    if (steps === STORMY_STEPS) scheduler.calm();
    if (random.chance(0.4)) startSomething(machine);
    if (await scheduler.advance()) continue;
    if (!startSomething(machine) && scheduler.isCalm() && isAtRest(machine)) return true;
    if (steps > STORMY_STEPS) continue;
    // Nothing was waiting: the storm may end early.
    if (random.chance(0.05)) scheduler.calm();
  }
  return false;
}

function isAtRest({ world, hub, checkpoint, dispatching }: Machine): boolean {
  return (
    checkpoint === hub.length &&
    !dispatching &&
    world.queue.length === 0 &&
    world.ledger.entries().every((entry) => !entry.open)
  );
}

/** Starts one of the things that a host starts; false when there was nothing to start. */
function startSomething(machine: Machine): boolean {
  const { random, world, scheduler } = machine;
  switch (random.below(scheduler.isCalm() ? 4 : 6)) {
    case 0:
      return dispatchNext(machine);
    case 1:
      return takeMessage(machine);
    case 2:
      return takeMessage(machine);
    case 3:
      if (world.ledger.entries().every((entry) => !entry.open)) return false;
      start(machine, "merge", (ports) => mergeLedger(ports.ledger, 1, quiet, () => 0));
      return true;
    case 4:
      startReader(machine);
      return true;
    default:
      // An owner of the partition from before starts again at an older checkpoint, with other batch boundaries.
      machine.checkpoint = random.below(machine.checkpoint + 1);
      return true;
  }
}

function start(
  machine: Machine,
  name: string,
  work: (ports: Ports) => Promise<unknown>,
  then?: (error: unknown) => void,
): Process {
  return machine.scheduler.start(name, (process) => work(machine.portsOf(process)), then);
}

function dispatchNext(machine: Machine): boolean {
  const { hub, random, checkpoint } = machine;
  if (checkpoint >= hub.length || (machine.dispatching && random.chance(0.9))) return false;
  const end = checkpoint + 1 + random.below(hub.length - checkpoint);
  const messages = hub.slice(checkpoint, end).map((body, i) => ({ body, source: `0/${checkpoint + i}` }));
  machine.dispatching = true;
  const process = start(
    machine,
    `dispatch ${checkpoint}-${end}`,
    (ports) => dispatchEnvelopes(ports, messages, quiet),
    (error) => {
      machine.dispatching = false;
      if (error === undefined) machine.checkpoint = Math.max(machine.checkpoint, end);
    },
  );
  watchCrash(machine, process);
  return true;
}

/** A crashed dispatcher no longer holds the partition. */
function watchCrash(machine: Machine, process: Process): void {
  const look = (): void => {
    if (process.crashed) machine.dispatching = false;
    else if (!process.done) setImmediate(look);
  };
  setImmediate(look);
}

const inWork = new WeakMap<QueueMessage, Process>();

function takeMessage(machine: Machine): boolean {
  const { world, random, scheduler } = machine;
  if (world.queue.length === 0) return false;
  const message = random.pick(world.queue);
  const worker = inWork.get(message);
  // Its lease may run out while it is worked on: then two do.
  if (worker && !worker.crashed && !worker.done && (scheduler.isCalm() || random.chance(0.8))) return false;
  message.dequeued++;
  const persist = message.poison ? persistPoison : persistWorkItem;
  const process = start(
    machine,
    message.poison ? "persist-poison" : "persist",
    (ports) => persist({ ...ports, memory: { use: (_bytes, work) => work() } }, message.text, quiet),
    (error) => endMessage(machine, message, error),
  );
  inWork.set(message, process);
  return true;
}

function endMessage({ world, random, scheduler }: Machine, message: QueueMessage, error: unknown): void {
  const at = world.queue.indexOf(message);
  if (at === -1) return;
  if (error !== undefined) {
    if (message.poison || message.dequeued < MAX_DEQUEUED) return;
    world.queue.push({ text: message.text, poison: true, dequeued: 0 });
  } else if (!scheduler.isCalm() && random.chance(0.1)) {
    // The delete failed: the message comes back.
    return;
  }
  world.queue.splice(at, 1);
}

/** Reads an org's account while everything goes on: no count may be lower than at the start of the read or higher than at its end. */
function startReader(machine: Machine): void {
  const { world, violations, random } = machine;
  const orgId = random.pick(orgs);
  const range = { by: random.pick(["event", "receipt"] as const), from: 0, to: 1e6 };
  const before = tally(world, orgId);
  start(machine, `read ${orgId}`, async (ports) => {
    const { counts, outcomes } = await readAccount(ports.ledger, orgId, range);
    const after = tally(world, orgId);
    const stored = [...counts.values()].flatMap((hours) => [...hours.values()]).reduce((sum, count) => sum + count, 0);
    const settled = [...outcomes.values()].flat().reduce((sum, count) => sum + count, 0);
    if (stored < before.stored || stored > after.stored)
      violations.push(`a reader saw ${stored} stored, not ${before.stored} to ${after.stored}`);
    const spared = range.by === "event" ? 0 : before.settled;
    if (settled < spared || settled > after.settled)
      violations.push(`a reader saw ${settled} settled, not ${spared} to ${after.settled}`);
  });
}

function tally(world: World, orgId: string): { stored: number; settled: number } {
  const own = world.ledger.entries().filter((entry) => entry.org_id === orgId);
  const sum = (part: (entry: LedgerEntry) => number): number => own.reduce((total, entry) => total + part(entry), 0);
  return { stored: sum(({ outcomes }) => outcomes[0]), settled: sum(({ outcomes: [s, d, q] }) => s + d + q) };
}

/** Long after: some events have expired, and the whole hub is delivered once more. Nothing may come back or change. */
async function redeliverEverything(machine: Machine): Promise<void> {
  const { world, random, violations } = machine;
  const expired = world.events.all().filter(() => random.chance(0.5));
  for (const { org_id, id } of expired) world.events.expire(org_id, id);
  const before = JSON.stringify([world.ledger.entries(), world.events.all(), world.quarantine.all()]);
  machine.checkpoint = 0;
  if (!(await runUntilRest(machine))) violations.push("a late redelivery never came to rest");
  if (JSON.stringify([world.ledger.entries(), world.events.all(), world.quarantine.all()]) !== before)
    violations.push("a late redelivery changed something");
}
