import { markOf } from "../../shared/event/decide-outcome.ts";
import type { EventDocument, Tombstone } from "../../shared/event/event-store.ts";
import { mergeDeltas } from "../../shared/ledger/merge-deltas.ts";
import { mergeEntries } from "../../shared/ledger/merge-entries.ts";
import { sweepDeltas } from "../../shared/ledger/sweep-ledger.ts";
import { dispatchEnvelopes } from "../../shared/pipeline/dispatch-envelopes.ts";
import { persistWorkItem } from "../../shared/pipeline/persist-work-item.ts";
import { noDeadline } from "../../shared/runtime/deadline.ts";
import { createMemoryBudget } from "../../shared/runtime/memory-budget.ts";
import { silent } from "../../shared/telemetry/log.ts";
import type { QueuedMessage } from "../support/memory-work-queue.ts";
import { OLDER_MAX_DEQUEUE_COUNT } from "./host-rules.ts";
import type { Machine } from "./machine.ts";
import { startReader } from "./read-midway.ts";
import type { End, Process } from "./scheduler.ts";
import type { Ports, World } from "./world.ts";

/** Room for all: a process that crashes never gives its memory back. */
const memory = createMemoryBudget(Number.POSITIVE_INFINITY);
const tellNewer = async (): Promise<void> => undefined;
/** The ten minutes for which a message of the poison queue stays hidden when its function failed, in steps. */
const TEN_MINUTES = 30;

/** Whether all that was sent is settled and merged, and nothing is under way. */
export function isAtRest({ world, hub, checkpoint, dispatching }: Machine): boolean {
  return (
    checkpoint === hub.length &&
    !dispatching &&
    world.queue.messages.length === 0 &&
    world.ledger.entries().every((entry) => !entry.open)
  );
}

/** Starts one of the things that a host starts, or lets time pass; false when there was nothing to do. */
export function startSomething(machine: Machine): boolean {
  switch (machine.random.below(machine.scheduler.isCalm() ? 5 : 9)) {
    case 0:
    case 1:
      return dispatchNext(machine);
    case 2:
    case 3:
      return takeMessage(machine);
    case 4:
    case 5:
      return startMerge(machine);
    case 6:
      startReader(machine);
      return true;
    case 7:
      return expireSomething(machine);
    default:
      return goBack(machine);
  }
}

function start(
  { scheduler, portsOf }: Machine,
  name: string,
  work: (ports: Ports) => Promise<unknown>,
  then?: (end: End) => void,
): Process {
  return scheduler.start(name, (process) => work(portsOf(process)), then);
}

function dispatchNext(machine: Machine): boolean {
  const { hub, random, checkpoint } = machine;
  // Two owners of the partition for a while are possible, and rare.
  if (checkpoint >= hub.length || (machine.dispatching && random.chance(0.9))) return false;
  const end = checkpoint + 1 + random.below(hub.length - checkpoint);
  const messages = hub.slice(checkpoint, end).map((body, i) => ({ body, source: `0/${checkpoint + i}` }));
  machine.dispatching = true;
  start(
    machine,
    `dispatch ${checkpoint}-${end}`,
    (ports) => dispatchEnvelopes(ports, messages, silent),
    ({ how }) => {
      machine.dispatching = false;
      if (how === "done") machine.checkpoint = Math.max(machine.checkpoint, end);
    },
  );
  return true;
}

/** A new owner of the partition starts at an older checkpoint, with other batch boundaries. */
function goBack(machine: Machine): boolean {
  if (machine.checkpoint === 0 || machine.random.chance(0.7)) return false;
  machine.checkpoint = machine.random.below(machine.checkpoint + 1);
  return true;
}

/** What a release up to 0.6.0 left open, or the deltas of a slot, or of all. */
function startMerge(machine: Machine): boolean {
  const { world, random, sealedBytes } = machine;
  if (random.chance(0.5)) return startDeltaMerge(machine);
  if (world.ledger.entries().every((entry) => !entry.open)) return false;
  start(machine, "merge", (ports) => mergeEntries(ports.ledger, 1, silent, { now: () => 0, sealedBytes }));
  return true;
}

/** Nothing has to take up the last deltas: they are read where they are. */
function startDeltaMerge(machine: Machine): boolean {
  const { world, random } = machine;
  const deltas = world.ledger.deltas();
  if (deltas.length === 0) return false;
  const { org_id: orgId, slot } = random.pick(deltas);
  if (random.chance(0.2))
    start(machine, "sweep", ({ ledger, merging }) =>
      sweepDeltas(ledger, slot.slice(0, 10), noDeadline, silent, merging),
    );
  else start(machine, "merge deltas", ({ ledger, merging }) => mergeDeltas(ledger, { orgId, slot }, silent, merging));
  return true;
}

/**
 * By Azure's rules (azure-sdk-for-net `QueueProcessor.cs`): a message that was taken too often goes to the poison
 * queue. One of the poison queue that was taken too often for the host that takes it is not shown by that one, and
 * deleted after 7 days when no other shows it.
 */
function takeMessage(machine: Machine): boolean {
  const { world, random, workers, rules } = machine;
  const visible = world.queue.messages.filter((message) => (machine.hiddenUntil.get(message) ?? 0) <= machine.step);
  if (visible.length === 0 || (machine.expiring && [...workers.values()].some(({ live }) => live))) return false;
  const message = random.pick(visible);
  // Its lease may run out during the work: then two do it.
  if (workers.get(message)?.live && (machine.scheduler.isCalm() || random.chance(0.7))) return false;
  // Within the lag of a replica two deliveries are at once, though one has ended.
  if (machine.expiring) world.replicas.catchUp();
  message.dequeued += 1 + countLostTries(machine);
  const isPoison = world.poison.has(message);
  const tries = message.dequeued;
  if (tries > maxDequeueCount(machine)) {
    if (!isPoison) moveToPoison(machine, message);
    else if (tries > rules.maxDequeueCount) lose(machine, message);
    // It stays hidden for its lease, and comes to a host of this release then.
    else machine.hiddenUntil.set(message, machine.step + TEN_MINUTES);
    return true;
  }
  const worker = start(
    machine,
    `${isPoison ? "poison" : "persist"} ${world.queue.messages.indexOf(message)}.${tries}`,
    (ports) =>
      isPoison
        ? rules.persistPoison({ ...ports, memory, tellNewer }, message.text)
        : persistWorkItem({ ...ports, memory, tellNewer }, message.text, tries, silent),
    (end) => endMessage(machine, message, end),
  );
  workers.set(message, worker);
  return true;
}

/** Hosts that took the message and were scaled in, shut down or killed before they began. */
function countLostTries({ scheduler, random }: Machine): number {
  return !scheduler.isCalm() && random.chance(0.15) ? random.below(4) : 0;
}

/** During an update some hosts are of an older release. */
function maxDequeueCount({ scheduler, random, updating, rules }: Machine): number {
  const older = updating && !scheduler.isCalm() && random.chance(0.5);
  return older ? OLDER_MAX_DEQUEUE_COUNT : rules.maxDequeueCount;
}

function endMessage(machine: Machine, message: QueuedMessage, { how }: End): void {
  const { world, random, scheduler } = machine;
  if (how === "crashed" || !world.queue.messages.includes(message)) return;
  if (how === "threw") {
    if (world.poison.has(message)) machine.hiddenUntil.set(message, machine.step + TEN_MINUTES);
    else if (message.dequeued >= maxDequeueCount(machine)) moveToPoison(machine, message);
    return;
  }
  // When the delete fails, the message comes back.
  if (scheduler.isCalm() || random.chance(0.9)) remove(world, message);
}

function moveToPoison({ world, random, scheduler }: Machine, message: QueuedMessage): void {
  scheduler.note("a message goes to the poison queue");
  const moved = { ...message, dequeued: 0 };
  world.queue.messages.push(moved);
  world.poison.add(moved);
  if (scheduler.isCalm() || random.chance(0.9)) remove(world, message);
}

function lose({ world, scheduler }: Machine, message: QueuedMessage): void {
  scheduler.note("a message of the poison queue is not shown any more, and deleted after 7 days");
  remove(world, message);
}

function remove({ queue: { messages } }: World, message: QueuedMessage): void {
  const at = messages.indexOf(message);
  if (at !== -1) messages.splice(at, 1);
}

/**
 * An event or a tombstone expires. Not while its marks of quarantined events may still be asked for: they outlive
 * deliveries.
 */
function expireSomething({ world, random, expiring, scheduler }: Machine): boolean {
  const documents = world.events.all();
  if (!expiring || documents.length === 0) return false;
  const document = random.pick(documents);
  if (!isExpendable(world, document)) return false;
  const { org_id, id } = document;
  scheduler.note(`${org_id} ${id} expires`);
  world.events.expire(org_id, id);
  if (document.receipt_id === null) return true;
  const key = `${org_id} ${id}`;
  const gone = world.gone.get(key) ?? new Set();
  world.gone.set(key, gone.add(markOf(document.receipt_id, document.index)));
  return true;
}

function isExpendable({ accounts }: World, { org_id, quarantined = [] }: EventDocument | Tombstone): boolean {
  return quarantined.every(({ mark }) => accounts.has(`${org_id} ${mark.slice(0, mark.lastIndexOf(":"))}`));
}
