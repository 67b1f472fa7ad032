import type { Random } from "../../local/launcher/faults/random.ts";
import { adjustOutcomes } from "../../shared/ledger/adjust-outcomes.ts";
import { type Move, makeAdjustment, outcomeAt } from "../../shared/ledger/adjustment.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { Slot } from "../../shared/ledger/ledger-store.ts";
import type { OutcomeCounts } from "../../shared/ledger/outcome-counts.ts";
import { type RepairEnd, repairSlot } from "../../shared/ledger/repair-slot.ts";
import { RANGES } from "../support/versions.ts";
import type { Intent, Later, Machine } from "./machine.ts";
import type { Process } from "./scheduler.ts";

/** Another sequence than those of traffic, faults and replicas. */
export const LATER = 0x1a7e;
const MOST_DISASTERS = 2;
const MOST_ROUNDS = 10;

export function createLater(random: Random, { expiring, hasOlder }: { expiring: boolean; hasOlder: boolean }): Later {
  const drawn = random.below(20);
  const disaster = drawn < 2 ? "failover" : drawn === 2 ? "restore" : drawn < 5 ? "damage" : undefined;
  // What has expired would be stored once more; and no repair knows sums of releases up to 0.6.0.
  const possible = !expiring && !(disaster === "damage" && hasOlder);
  return {
    random,
    adjusting: random.chance(0.3),
    disaster: possible ? disaster : undefined,
    intents: new Map(),
    setBack: 0,
    struck: undefined,
    blind: undefined,
  };
}

/** Starts one of these things, now and then. */
export function startLater(machine: Machine): void {
  const { adjusting, disaster, random } = machine.later;
  if (!isUsed(machine.later) || random.chance(0.8)) return;
  if (disaster !== undefined && random.chance(0.2)) strike(machine);
  else if (adjusting && random.chance(0.7)) startAdjustment(machine);
  else startRepair(machine);
}

/** Long after: what was not adjusted yet is, and every slot is repaired until it adds up. */
export async function finishLater(machine: Machine, run: () => Promise<unknown>): Promise<void> {
  const { later, world } = machine;
  if (!isUsed(later)) return;
  const waiting = (): Intent[] => [...later.intents.values()].filter(({ done }) => !done);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const intent of waiting()) adjust(machine, intent);
    const ends: RepairEnd["how"][] = [];
    const slots = new Map(everything(machine).map((one) => [keyOf(one), { orgId: one.org_id, slot: one.slot }]));
    for (const slot of slots.values()) repair(machine, slot, (end) => ends.push(end));
    await run();
    const isFine = ends.length === slots.size && ends.every((how) => how === "adds_up" || how === "old");
    if (isFine && waiting().length === 0) return;
  }
  world.violations.push("repairs and adjustments never came to an end");
}

/** What the moves of an org's events change, each of them once. */
export function movesOf({ intents }: Later, orgId: string): OutcomeCounts[] {
  const own = [...intents.values()].filter((intent) => intent.orgId === orgId);
  return own.flatMap(({ moves, from }) =>
    moves.map((move, i) => makeAdjustment(orgId, move, moves[i - 1]?.to ?? from).outcomes),
  );
}

function isUsed({ adjusting, disaster }: Later): boolean {
  return adjusting || disaster !== undefined;
}

function everything({ world: { ledger } }: Machine) {
  return [...ledger.entries(), ...ledger.sums(), ...ledger.deltas()];
}

function keyOf({ org_id, slot }: { readonly org_id: string; readonly slot: string }): string {
  return `${org_id} ${slot}`;
}

function startAdjustment(machine: Machine): void {
  const { world, later } = machine;
  // Whoever adjusts runs beside no release up to 0.6.0.
  const entries = world.ledger.entries().filter(({ open }) => open === undefined);
  if (entries.length === 0) return;
  const entry = later.random.pick(entries);
  const events = entry.outcomes.reduce((sum, count) => sum + count, 0);
  const index = later.random.below(events);
  const key = `${entry.org_id} ${entry.id} ${index}`;
  const intent = later.intents.get(key) ?? choose(machine, entry, index);
  if (!intent) return;
  later.intents.set(key, intent);
  adjust(machine, intent);
}

/** The one way of each event: who may move it is decided elsewhere. */
function choose({ later: { random }, sent }: Machine, entry: LedgerEntry, index: number): Intent | undefined {
  const item = sent.find(({ receiptId }) => receiptId === entry.id)?.items[index];
  const own = item && "e" in item ? { eventType: item.e.event_type, timestamp: item.e.timestamp } : undefined;
  const event = own ?? { eventType: "x", timestamp: new Date(entry.received_hour * 3_600_000).toISOString() };
  const at = { receiptId: entry.id, index, event };
  const erased: Move = { ...at, what: "erased", to: "erased" };
  const from = outcomeAt(entry, [], index);
  if (from === "duplicate") return undefined;
  const ways: readonly (readonly Move[])[] =
    from === "stored"
      ? [[erased], [{ ...at, what: "expired", to: "expired" }]]
      : [
          [erased],
          [{ ...at, what: "discarded", to: "discarded" }],
          [{ ...at, what: "replayed", to: "stored" }],
          [{ ...at, what: "replayed", to: "stored" }, erased],
          [{ ...at, what: "replayed", to: "duplicate" }],
        ];
  return { orgId: entry.org_id, moves: random.pick(ways), from, done: false };
}

function adjust({ scheduler, ownPortsOf, world }: Machine, intent: Intent): void {
  const { orgId, moves } = intent;
  scheduler.start(`adjust ${moves.map(({ what }) => what).join()}`, async (process) => {
    const { ledger } = ownPortsOf(process);
    for (const move of moves) {
      const [result] = await adjustOutcomes(ledger, orgId, [move]);
      if (result?.status === "refused") world.violations.push(`a move was refused: ${result.reason}`);
      if (result?.status !== "written") return;
    }
    intent.done = true;
  });
}

function startRepair(machine: Machine): void {
  const { later } = machine;
  const found = everything(machine);
  if (found.length === 0) return;
  const { org_id: orgId, slot } = later.random.pick(found);
  repair(machine, later.struck && later.random.chance(0.8) ? later.struck : { orgId, slot });
}

function repair({ scheduler, ownPortsOf }: Machine, slot: Slot, tell?: (end: RepairEnd["how"]) => void): void {
  const now = Date.parse(`${slot.slot.slice(0, 10)}T00:00:00Z`) + 2 * 86_400_000;
  scheduler.start(`repair ${slot.orgId} ${slot.slot}`, async (process) => {
    const { how } = await repairSlot(ownPortsOf(process).ledger, slot, { now });
    tell?.(how);
  });
}

function strike(machine: Machine): void {
  const { later, world } = machine;
  if (later.setBack >= MOST_DISASTERS || world.ledger.last() === 0) return;
  if (later.disaster === "damage") damage(machine);
  else setBack(machine);
}

/** One range, or all: a failover that loses writes, or a restore. */
function setBack(machine: Machine): void {
  const { later, world } = machine;
  later.setBack++;
  const [last, isRestore] = [world.ledger.last(), later.disaster === "restore"];
  const to = last - later.random.below(Math.min(last, 15));
  const range = later.random.below(RANGES);
  for (let other = 0; other < RANGES; other++) if (isRestore || other === range) world.ledger.rollBack(other, to);
  machine.scheduler.note(`the ledger is set back from ${last} to ${to}`);
  // Nothing answers for longer than any deadline. What merges and readers go by are ETags.
  machine.scheduler.kill((process) => isRestore || IN_VAIN.test(process.name));
  takeUpAgain(machine);
}

const IN_VAIN = /^(dispatch|persist|poison|adjust|repair)/;

/** The hub has everything, blobs come back, and whoever adjusts says it again. */
function takeUpAgain(machine: Machine): void {
  const { world, sent, later } = machine;
  world.replicas.beginAnew();
  for (const { claim } of sent) if (claim) world.claims.blobs.set(claim.blob, claim.bytes);
  for (const intent of later.intents.values()) intent.done = false;
  machine.checkpoint = 0;
}

/** One document is gone: nothing that Cosmos DB does, but people and programs may. */
function damage(machine: Machine): void {
  const { later, world, scheduler } = machine;
  const isRepaired = (process: Process): boolean => process.name.startsWith("repair");
  if (later.setBack > 0 || scheduler.some(isRepaired)) return;
  const { ledger } = world;
  const [own, parts] = [ledger.entries(), ledger.sums().filter(({ kind }) => kind === "part")];
  // A part that is gone is seen by each reader. Of the others nobody can know.
  const others = [...ledger.sums(), ...ledger.deltas(), ...own];
  if (others.length === 0 || (parts.length === 0 && later.random.chance(0.8))) return;
  const lost = later.random.pick(parts.length > 0 ? parts : others);
  later.setBack++;
  later.struck = { orgId: lost.org_id, slot: lost.slot };
  if (lost.kind !== "part") later.blind = lost.org_id;
  scheduler.note(`${lost.id} of ${lost.org_id} ${lost.slot} is gone`);
  ledger.lose(lost);
  if (lost.kind !== "entry") return;
  scheduler.kill((process) => IN_VAIN.test(process.name));
  takeUpAgain(machine);
}
