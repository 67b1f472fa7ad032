import type { Random } from "../../local/launcher/faults/random.ts";
import { AppError, type ErrorCode } from "../../shared/errors.ts";
import { makeAdjustment } from "../../shared/ledger/adjustment.ts";
import type { OutcomeCounts } from "../../shared/ledger/outcome-counts.ts";
import { discardQuarantined } from "../../shared/quarantine/discard-quarantined.ts";
import type { TellAct } from "../../shared/quarantine/quarantine-act.ts";
import type { QuarantineDocument } from "../../shared/quarantine/quarantine-store.ts";
import { type SweepPlace, sweepQuarantine } from "../../shared/quarantine/sweep-quarantine.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { readReceipt } from "../../shared/receipt/receipt-id.ts";
import { noDeadline } from "../../shared/runtime/deadline.ts";
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
  const used = random.chance(0.25) && possible;
  return { random, used, sweeping: random.chance(0.5), lines: new Map() };
}

/** Starts one, now and then: often on an event that another one is about. */
export function startAct(machine: Machine): void {
  const { acts, world } = machine;
  if (!acts.used || acts.random.chance(0.8)) return;
  if (acts.random.chance(0.4)) startSweep(machine);
  const waiting = ofOrgs(world);
  if (waiting.length > 0) startDiscard(machine, acts.random.pick(waiting));
}

/** Completes what was begun; and long after, what is left expires. */
export async function finishActs(machine: Machine, run: () => Promise<unknown>): Promise<void> {
  const { acts, world } = machine;
  if (!acts.used) return;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const waiting = ofOrgs(world);
    const open = waiting.filter(({ act }) => act !== undefined);
    if (acts.sweeping ? waiting.length === 0 : open.length === 0) return;
    for (const document of open) startDiscard(machine, document);
    if (acts.sweeping) startSweep(machine);
    await run();
  }
  world.violations.push("acts on events in quarantine never came to an end");
}

function ofOrgs({ quarantine }: World): QuarantineDocument[] {
  return quarantine.all().filter(({ receipt_id }) => receipt_id !== "");
}

/** What a discard may answer: a caller asks again, or leaves it. */
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

function tellOf({ scheduler, acts: { lines } }: Machine, process: Process): TellAct {
  return (orgId, { target, auditId }) =>
    scheduler.step(
      process,
      ["tell", target],
      () => void lines.set(`${orgId} ${target}`, (lines.get(`${orgId} ${target}`) ?? new Set()).add(auditId)),
      noAnswer,
    );
}

/** How an event has left quarantine, as the quarantine itself has it; undefined while it is there. */
export function endOf(
  world: World,
  orgId: string,
  receiptId: string,
  index: number,
): "discarded" | "expired" | undefined {
  const ends = [`${receiptId}:${index}`, `${receiptId}:all`].map((id) => world.quarantine.endOf(orgId, id));
  if (ends.includes("there")) return undefined;
  return ends.includes("discarded") ? "discarded" : "expired";
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
        const what = endOf(world, orgId, receiptId, index);
        return what ? [makeAdjustment(orgId, { receiptId, index, what, to: what }, "quarantined").outcomes] : [];
      });
    });
}

/** Each discarded event, and no other, has one line in the audit trail. */
export function checkTrail(world: World, { used, lines }: Acts): string[] {
  if (!used) return [];
  const violations: string[] = [];
  for (const [key, ids] of lines) {
    const [orgId = "", target = ""] = key.split(" quarantine:");
    if (ids.size > 1) violations.push(`the trail tells ${ids.size} times of ${key}`);
    if (world.quarantine.endOf(orgId, target) !== "discarded") violations.push(`the trail tells of ${key} in vain`);
  }
  const discarded = world.quarantine.discarded();
  if (discarded !== lines.size) violations.push(`${discarded} events are discarded, the trail tells of ${lines.size}`);
  return violations;
}
