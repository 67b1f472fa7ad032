import { byType } from "../../shared/ledger/account-sum.ts";
import { addTable, type EventCounts, toTable } from "../../shared/ledger/event-counts.ts";
import type { Delta, Head, Part } from "../../shared/ledger/head.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import type { Rollup } from "../../shared/ledger/rollup.ts";
import { orgs, type Sent } from "./make-traffic.ts";
import type { World } from "./world.ts";

const ALWAYS = { from: 0, to: 1e6 } as const;

/** Each rollup is the sum of the entries that it took up, and an org's account is the sum of the sent events. */
export async function checkRollups({ ledger }: World, sent: readonly Sent[]): Promise<string[]> {
  const violations: string[] = [];
  const entries = ledger.entries();
  const rollups = ledger.sums().filter((sum) => sum.kind === "rollup");
  for (const rollup of rollups) {
    const found = JSON.stringify(rollup.counts);
    const wanted = sumOf(entries.filter((entry) => isIn(entry, rollup)));
    if (found !== wanted) violations.push(`${rollup.id} of ${rollup.slot} holds ${found}, not ${wanted}`);
  }
  for (const slot of new Set(rollups.map(({ org_id, slot }) => `${org_id} ${slot}`))) {
    const active = rollups.filter((rollup) => `${rollup.org_id} ${rollup.slot}` === slot && !rollup.sealed);
    if (active.length !== 1) violations.push(`${slot} has ${active.length} rollups that are not sealed`);
  }
  violations.push(...checkHeads(ledger, entries));
  for (const orgId of orgs) violations.push(...(await checkAccount(ledger, orgId, entries, sent)));
  return violations;
}

/** Head, parts and deltas of a slot are its entries that no release before 0.7.0 made, and count them. */
function checkHeads(ledger: World["ledger"], entries: readonly LedgerEntry[]): string[] {
  const violations: string[] = [];
  const own = entries.filter(({ open }) => open === undefined);
  const holders = [...ledger.sums().filter(({ kind }) => kind !== "rollup"), ...ledger.deltas()];
  for (const slot of new Set([...own, ...holders].map(slotOf))) {
    const [held, wanted] = [holders, own].map((some) => some.filter((one) => slotOf(one) === slot));
    const counted = (held as readonly (Head | Part | Delta)[]).reduce((sum, one) => sum + entriesIn(one), 0);
    if (counted !== wanted?.length) violations.push(`${slot} counts ${counted} entries, and has ${wanted?.length}`);
    if (sumOf(held ?? []) !== sumOf(wanted ?? [])) violations.push(`the sums of ${slot} are not those of its entries`);
  }
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
  ledger: World["ledger"],
  orgId: string,
  entries: readonly LedgerEntry[],
  sent: readonly Sent[],
): Promise<string[]> {
  const violations: string[] = [];
  const { counts } = await readAccount(ledger, orgId, { by: "event", ...ALWAYS });
  const found = JSON.stringify(toTable(byType(counts)));
  const wanted = sumOf(entries.filter((entry) => entry.org_id === orgId));
  if (found !== wanted) violations.push(`the account of ${orgId} is ${found}, not ${wanted}`);
  const { outcomes } = await readAccount(ledger, orgId, { by: "receipt", ...ALWAYS });
  const settled = [...outcomes.values()].flat().reduce((sum, count) => sum + count, 0);
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
  return JSON.stringify(toTable(counts));
}
