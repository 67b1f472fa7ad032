import { byType } from "../../shared/ledger/account-sum.ts";
import { addCount, addTable, type EventCounts, hourOf, toTable } from "../../shared/ledger/event-counts.ts";
import type { Delta, Head, Part } from "../../shared/ledger/head.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { Slot } from "../../shared/ledger/ledger-store.ts";
import {
  addOutcomes,
  NO_OUTCOMES,
  nameOutcomes,
  type OutcomeCounts,
  sumOfOutcomes,
} from "../../shared/ledger/outcome-counts.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import type { Rollup } from "../../shared/ledger/rollup.ts";
import { actedOf } from "./acts.ts";
import { movesOf } from "./later.ts";
import type { Machine } from "./machine.ts";
import { orgs } from "./make-traffic.ts";
import type { World } from "./world.ts";

const ALWAYS = { from: 0, to: 1e6 } as const;

/** Each rollup is the sum of the entries that it took up, and an org's account is the sum of the sent events. */
export async function checkRollups(world: World, machine: Pick<Machine, "sent" | "later" | "acts">): Promise<string[]> {
  const violations: string[] = [];
  const { ledger } = world;
  const entries = ledger.entries();
  const rollups = ledger.sums().filter((sum) => sum.kind === "rollup");
  for (const rollup of rollups) {
    const found = sumOf([rollup]);
    const wanted = sumOf(entries.filter((entry) => isIn(entry, rollup)));
    if (found !== wanted) violations.push(`${rollup.id} of ${rollup.slot} holds ${found}, not ${wanted}`);
  }
  for (const slot of new Set(rollups.map(({ org_id, slot }) => `${org_id} ${slot}`))) {
    const active = rollups.filter((rollup) => `${rollup.org_id} ${rollup.slot}` === slot && !rollup.sealed);
    if (active.length !== 1) violations.push(`${slot} has ${active.length} rollups that are not sealed`);
  }
  for (const slot of new Map([...entries, ...holdersOf(ledger)].map((one) => [slotOf(one), one])).values())
    violations.push(...checkSlot(ledger, { orgId: slot.org_id, slot: slot.slot }));
  for (const orgId of orgs) violations.push(...(await checkAccount(world, orgId, entries, machine).catch(tell)));
  return violations;
}

function tell(error: unknown): string[] {
  return [`an account cannot be read: ${String(error)}`];
}

function holdersOf(ledger: World["ledger"]): readonly (Head | Part | Delta)[] {
  return [...ledger.sums().filter((sum) => sum.kind !== "rollup"), ...ledger.deltas()];
}

/** Head, parts and deltas of a slot are its entries that no release before 0.7.0 made, and count them. */
export function checkSlot(ledger: World["ledger"], { orgId, slot }: Slot): string[] {
  const isHere = (one: { readonly org_id: string; readonly slot: string }): boolean =>
    one.org_id === orgId && one.slot === slot;
  const held = holdersOf(ledger).filter(isHere);
  const own = [...ledger.entries().filter(({ open }) => open === undefined), ...ledger.adjustments()].filter(isHere);
  const violations: string[] = [];
  const counted = held.reduce((sum, one) => sum + entriesIn(one), 0);
  const where = `${orgId} ${slot}`;
  if (counted !== own.length) violations.push(`${where} counts ${counted} entries, and has ${own.length}`);
  if (sumOf(held) !== sumOf(own)) violations.push(`the sums of ${where} are not those of its entries`);
  const parts = held.filter(({ kind }) => kind === "part").length;
  const n = held.find((one) => one.kind === "head")?.n ?? 0;
  if (parts !== n) violations.push(`the head of ${where} is of ${n} parts, and has ${parts}`);
  return violations;
}

function slotOf({ org_id, slot }: { readonly org_id: string; readonly slot: string }): string {
  return `${org_id} ${slot}`;
}

function entriesIn(one: Head | Part | Delta): number {
  if (one.kind === "head") return one.m;
  return one.kind === "delta" ? one.of.length : 0;
}

async function checkAccount(
  world: World,
  orgId: string,
  entries: readonly LedgerEntry[],
  { sent, later, acts }: Pick<Machine, "sent" | "later" | "acts">,
): Promise<string[]> {
  const violations: string[] = [];
  const { ledger } = world;
  const { counts } = await readAccount(ledger, orgId, { by: "event", ...ALWAYS });
  const found = textOf(byType(counts));
  const adjustments = ledger.adjustments().filter(({ org_id }) => org_id === orgId);
  const wanted = sumOf([...entries.filter((entry) => entry.org_id === orgId), ...adjustments]);
  if (found !== wanted) violations.push(`the account of ${orgId} is ${found}, not ${wanted}`);
  // As if each had been stored at once.
  if (acts.used) {
    const stored: EventCounts = new Map();
    for (const event of world.events.all())
      if (event.receipt_id !== null && event.org_id === orgId)
        addCount(stored, event.event_type, hourOf(Date.parse(event.timestamp)), 1);
    const must = textOf(stored);
    if (found !== must) violations.push(`the account of ${orgId} is ${found}, and stored are ${must}`);
  }
  const { outcomes } = await readAccount(ledger, orgId, { by: "receipt", ...ALWAYS });
  const sums = [...outcomes.values()].reduce(addOutcomes, NO_OUTCOMES);
  const settled = sumOfOutcomes(sums);
  const moved = [...movesOf(later, orgId), ...actedOf(world, acts, orgId)].reduce<OutcomeCounts>(
    (sum, row) => addOutcomes(sum, row),
    NO_OUTCOMES,
  );
  const first = entries.filter((entry) => entry.org_id === orgId).map((entry) => entry.outcomes);
  const expected = first.reduce<OutcomeCounts>((sum, row) => addOutcomes(sum, row), moved);
  const [is, must] = [sums, expected].map((counted) => JSON.stringify(nameOutcomes(counted)));
  if (is !== must) violations.push(`the outcomes of ${orgId} are ${is}, not ${must}`);
  const accepted = sent.reduce((sum, envelope) => sum + (envelope.orgId === orgId ? envelope.items.length : 0), 0);
  if (settled !== accepted) violations.push(`${orgId} has ${accepted} events accepted and ${settled} settled`);
  return violations;
}

function isIn({ org_id, slot, merged_into }: LedgerEntry, rollup: Rollup): boolean {
  return org_id === rollup.org_id && slot === rollup.slot && merged_into === rollup.id;
}

function sumOf(entries: readonly Pick<LedgerEntry, "counts">[]): string {
  const counts: EventCounts = new Map();
  for (const entry of entries) addTable(counts, entry.counts);
  return textOf(counts);
}

/** A count of 0 is none: adjustments may have taken away what was there. */
function textOf(counts: EventCounts): string {
  const { types, rows } = toTable(counts);
  return JSON.stringify(rows.flatMap(([type, hour, count]) => (count === 0 ? [] : [[types[type], hour, count]])));
}
