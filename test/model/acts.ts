import type { Random } from "../../local/launcher/faults/random.ts";
import type { Limits } from "../../shared/config.ts";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { type Move, makeAdjustment } from "../../shared/ledger/adjustment.ts";
import type { OutcomeCounts } from "../../shared/ledger/outcome-counts.ts";
import { discardQuarantined } from "../../shared/quarantine/discard-quarantined.ts";
import type { ActKind, TellAct } from "../../shared/quarantine/quarantine-act.ts";
import type { QuarantineDocument } from "../../shared/quarantine/quarantine-store.ts";
import { type SweepPlace, sweepQuarantine } from "../../shared/quarantine/sweep-quarantine.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { readReceipt } from "../../shared/receipt/receipt-id.ts";
import { replayQuarantined } from "../../shared/replay/replay-quarantined.ts";
import { noDeadline } from "../../shared/runtime/deadline.ts";
import { createSharedMemory } from "../../shared/runtime/shared-memory.ts";
import type { Turns } from "../../shared/runtime/turn.ts";
import { silent } from "../../shared/telemetry/log.ts";
import { isAtRest } from "./host.ts";
import type { Acts, Machine } from "./machine.ts";
import { BASE_DAY } from "./make-traffic.ts";
import type { Process } from "./scheduler.ts";
import { noAnswer, type World } from "./world.ts";

/** Another sequence than the others, so that other seeds stay. */
export const ACTS = 0xac75;
const MOST_ROUNDS = 20;
/** Long after everything. */
const MUCH_LATER = BASE_DAY + 200 * 86_400_000;

export function createActs(random: Random, possible: boolean): Acts {
  const used = random.chance(0.6) && possible;
  return { random, used, sweeping: random.chance(0.5), lines: new Map(), replays: new Map() };
}

/** Starts one, now and then: often on an event that another one is about. */
export function startAct(machine: Machine): void {
  const { acts, world } = machine;
  if (!acts.used || acts.random.chance(0.6)) return;
  if (acts.random.chance(0.3)) startSweep(machine);
  const waiting = ofOrgs(world);
  if (waiting.length > 0) startOne(machine, acts.random.pick(waiting));
}

/** Completes what was begun; and long after, what is left expires. */
export async function finishActs(machine: Machine, run: () => Promise<unknown>): Promise<void> {
  const { acts, world } = machine;
  if (!acts.used) return;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const waiting = ofOrgs(world);
    const open = waiting.filter(({ act }) => act !== undefined);
    if (acts.sweeping ? waiting.length === 0 : open.length === 0) return;
    for (const document of open) startOne(machine, document);
    if (acts.sweeping) startSweep(machine);
    await run();
  }
  world.violations.push("acts on events in quarantine never came to an end");
}

function ofOrgs({ quarantine }: World): QuarantineDocument[] {
  return quarantine.all().filter(({ receipt_id }) => receipt_id !== "");
}

/** Replays are more, as they have more steps. */
function startOne(machine: Machine, document: QuarantineDocument): void {
  if (machine.acts.random.chance(0.6)) startReplay(machine, document);
  else startDiscard(machine, document);
}

/** What an act may answer: a caller asks again, or leaves it. */
const answers: readonly ErrorCode[] = [
  "quarantined_gone",
  "quarantined_not_found",
  "receipt_pending",
  "store_unavailable",
];
const actor = { subject: "member:m", clientAddress: "unknown", requestId: "r" };
/** Receipts of the model are signed by nobody. */
const keys = { ...createKeyRing([Buffer.alloc(32)]), verify: () => true };

function startDiscard(machine: Machine, { org_id, id }: QuarantineDocument): void {
  const { scheduler, ownPortsOf, world } = machine;
  scheduler.start(`discard ${org_id} ${id}`, async (process) => {
    const deps = { ...ownPortsOf(process), keys, tell: tellOf(machine, process), now: () => BASE_DAY };
    try {
      await discardQuarantined(deps, actor, org_id, { id, reason: "r" });
    } catch (error) {
      if (!(error instanceof AppError) || !answers.includes(error.code))
        world.violations.push(`a discard of ${id} failed: ${String(error)}`);
    }
  });
}

const limits: Limits = { bodyBytes: 1e6, unpackedBytes: 1e6, events: 10, eventBytes: 1e5, eventTypes: 10 };
const memory = createSharedMemory({ maxBytes: Number.POSITIVE_INFINITY, waitMs: 0 });
/** The clock decides nothing here. */
const endless: Turns = { isOver: () => false, next: async () => undefined, pause: async () => undefined };

function startReplay(machine: Machine, { org_id, id }: QuarantineDocument): void {
  const { scheduler, ownPortsOf, world } = machine;
  scheduler.start(`replay ${org_id} ${id}`, async (process) => {
    const own = { ...ownPortsOf(process), keys, tell: tellOf(machine, process), now: () => BASE_DAY };
    const deps = { ...own, limits, memory, openJudge: async () => undefined, takeTurns: () => endless };
    try {
      await replayQuarantined(deps, actor, org_id, { id, dryRun: false });
    } catch (error) {
      if (!(error instanceof AppError) || !answers.includes(error.code))
        world.violations.push(`a replay of ${id} failed: ${String(error)}`);
    }
  });
}

/** Few orgs: each sweep comes around. */
const place: SweepPlace = { read: async () => undefined, keep: async () => undefined };

/** A month later: nothing is under way, every replica has everything. */
function startSweep(machine: Machine): void {
  const { scheduler, ownPortsOf, world } = machine;
  const isWorking = ({ name }: Process): boolean => /^(dispatch|persist|poison)/.test(name);
  if (!isAtRest(machine) || scheduler.some(isWorking)) return;
  world.replicas.catchUp();
  scheduler.start("sweep the quarantine", (process) => {
    const deps = { ...ownPortsOf(process), place, tell: tellOf(machine, process), now: () => MUCH_LATER };
    return sweepQuarantine(deps, noDeadline, silent);
  });
}

function tellOf({ scheduler, acts }: Machine, process: Process): TellAct {
  return (orgId, { action, target, auditId }) => {
    const told = action === "event.replayed" ? acts.replays : acts.lines;
    const key = `${orgId} ${target}`;
    return scheduler.step(
      process,
      ["tell", target],
      () => void told.set(key, (told.get(key) ?? new Set()).add(auditId)),
      noAnswer,
    );
  };
}

/** How an event has left quarantine, as the quarantine itself has it; undefined while it is there. */
function endOf(world: World, orgId: string, receiptId: string, index: number): ActKind | undefined {
  const ends = [`${receiptId}:${index}`, `${receiptId}:all`].map((id) => world.quarantine.endOf(orgId, id));
  if (ends.includes("there")) return undefined;
  return ends.find((end) => end === "discarded" || end === "replayed") ?? "expired";
}

/** The move of one event: of a replay, what the store itself has says where to. */
function moveOf(world: World, orgId: string, receiptId: string, index: number): Move | undefined {
  const what = endOf(world, orgId, receiptId, index);
  if (what !== "replayed") return what && { receiptId, index, what, to: what };
  const event = world.events
    .all()
    .find((one) => one.receipt_id === receiptId && one.org_id === orgId && one.index === index);
  if (event?.receipt_id == null) return { receiptId, index, what, to: "duplicate" };
  const { event_type: eventType, timestamp } = event;
  return { receiptId, index, what, to: "stored", event: { eventType, timestamp } };
}

/** What the acts on an org's events change, each of them once. */
export function actedOf(world: World, { used }: Acts, orgId: string): OutcomeCounts[] {
  if (!used) return [];
  return world.ledger
    .entries()
    .filter(({ org_id }) => org_id === orgId)
    .flatMap(({ id: receiptId, not_stored }) => {
      const ranges = not_stored.filter(({ outcome }) => outcome === "quarantined").flatMap(({ ranges }) => ranges);
      const indexes = Array.from({ length: readReceipt(receiptId).events }, (_, i) => i);
      const own = indexes.filter((index) => ranges.some(([first, last]) => index >= first && index <= last));
      return own.flatMap((index) => {
        const move = moveOf(world, orgId, receiptId, index);
        return move ? [makeAdjustment(orgId, move, "quarantined").outcomes] : [];
      });
    });
}

/**
 * Each discarded event, and no other, has one line in the audit trail. One that was replayed has a line for each replay
 * that was decided, which the store may have refused.
 */
export function checkTrail(world: World, { used, lines, replays }: Acts): string[] {
  if (!used) return [];
  const violations: string[] = [];
  for (const [key, ids] of lines) {
    const [orgId = "", target = ""] = key.split(" quarantine:");
    if (ids.size > 1) violations.push(`the trail tells ${ids.size} times of ${key}`);
    if (world.quarantine.endOf(orgId, target) !== "discarded") violations.push(`the trail tells of ${key} in vain`);
  }
  for (const { org_id, id } of world.quarantine.replayed())
    if (!replays.has(`${org_id} quarantine:${id}`)) violations.push(`the trail does not tell that ${id} was replayed`);
  const discarded = world.quarantine.discarded();
  if (discarded !== lines.size) violations.push(`${discarded} events are discarded, the trail tells of ${lines.size}`);
  return violations;
}
