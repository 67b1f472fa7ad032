import type { Container, SqlQuerySpec } from "@azure/cosmos";
import type { EnvelopeHead } from "../../shared/envelope/frame-head.ts";
import { AppError } from "../../shared/errors.ts";
import { byType } from "../../shared/ledger/account-sum.ts";
import type { Adjustment } from "../../shared/ledger/adjustment.ts";
import { createCosmosLedgerStore } from "../../shared/ledger/cosmos-ledger-store.ts";
import { addTable, type EventCounts, toTable } from "../../shared/ledger/event-counts.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import {
  addOutcomes,
  NO_OUTCOMES,
  nameOutcomes,
  type OutcomeCounts,
  type OutcomesByName,
  sumOfOutcomes,
} from "../../shared/ledger/outcome-counts.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import { type Containers, queryAll, sql } from "../../shared/store/cosmos.ts";
import { type HubAccess, type HubContents, readHub } from "./read-hub.ts";

/** An org's account: the messages in the hub, and their outcomes. */
export type OrgAccount = OutcomesByName & {
  readonly orgId: string;
  readonly envelopes: number;
  readonly accepted: number;
};

/** The account of the whole product. */
export interface Account {
  readonly orgs: readonly OrgAccount[];
  readonly messages: number;
  readonly unreadable: number;
  /** Messages in the hub that are no bytes: nobody was told that they were accepted. */
  readonly foreign: number;
  /** The faults, a sentence each; empty when the promise holds. */
  readonly violations: readonly string[];
}

/**
 * Proves the account of a product at rest against its sources, none of which is computed from another. Every envelope
 * in the hub has one ledger entry that accounts for each of its events. The events that the entry counts as stored are
 * in `events` under that receipt, to the document; those that it counts as quarantined are in `quarantine`: an event
 * that was adjusted later counts as what it became. Outcomes add up to what was accepted, and the sums of the ledger
 * with what is open are all entries and adjustments.
 */
export async function proveAccount(access: HubAccess, containers: Containers): Promise<Account> {
  const hub = await readHub(access);
  const violations = hub.gaps.map((gap) => `sequence numbers of partition ${gap} have a gap`);
  if (hub.newer > 0) violations.push(`${hub.newer} messages are of a newer release: prove the account with that one`);
  const orgs: OrgAccount[] = [];
  for (const [orgId, heads] of Map.groupBy(hub.heads, (head) => head.org_id)) {
    const proven = await proveOrg(containers, orgId, heads);
    orgs.push(proven.account);
    violations.push(...proven.violations.map((violation) => `${orgId}: ${violation}`));
  }
  return {
    // Partitions are read side by side, so that whose messages come first is a matter of chance.
    orgs: orgs.sort((a, b) => (a.orgId < b.orgId ? -1 : 1)),
    messages: hub.messages,
    unreadable: hub.unreadable,
    foreign: hub.foreign,
    violations: [...violations, ...(await checkUnreadable(containers, hub))],
  };
}

export async function proveOrg(
  containers: Containers,
  orgId: string,
  heads: readonly EnvelopeHead[],
): Promise<{ account: OrgAccount; violations: string[] }> {
  const byReceipt = new Map(heads.map((head) => [head.receipt_id, head]));
  const [stored, quarantined, decided, replaying] = await Promise.all([
    countByReceipt(containers.events, orgId),
    countByReceipt(containers.quarantine, orgId),
    countByReceipt(containers.quarantine, orgId, " AND IS_DEFINED(c.act)"),
    countByReceipt(containers.quarantine, orgId, ' AND c.act.what = "replayed"'),
  ]);
  const violations: string[] = [];
  const missing = new Set(byReceipt.keys());
  let sums = NO_OUTCOMES;
  const counts: EventCounts = new Map();
  const moved = await readMoved(containers.ledger, orgId, counts);
  const own = sql("SELECT * FROM c WHERE c.org_id = @org AND c.kind = 'entry'", { org: orgId });
  for await (const entry of eachRow<LedgerEntry>(containers.ledger, own)) {
    const head = byReceipt.get(entry.id);
    missing.delete(entry.id);
    const outcomes = addOutcomes(entry.outcomes, moved.get(entry.id));
    moved.delete(entry.id);
    if (head) violations.push(...checkEntry(head, entry, outcomes, { stored, quarantined, decided, replaying }));
    addTable(counts, entry.counts);
    sums = addOutcomes(sums, outcomes);
  }
  for (const receipt of moved.keys()) violations.push(`events of ${receipt} are adjusted, which has no ledger entry`);
  for (const receipt of missing) violations.push(`the envelope ${receipt} has no ledger entry`);
  for (const receipt of stored.keys())
    if (!byReceipt.has(receipt)) violations.push(`events are stored under ${receipt}, which is not in the hub`);
  violations.push(...(await checkSums(containers.ledger, orgId, counts, sums)));
  const accepted = heads.reduce((total, head) => total + head.events, 0);
  return { account: { orgId, envelopes: heads.length, accepted, ...nameOutcomes(sums) }, violations };
}

/** What adjustments have moved, by receipt; adds what they have changed of the counts. */
async function readMoved(ledger: Container, orgId: string, counts: EventCounts): Promise<Map<string, OutcomeCounts>> {
  const moved = new Map<string, OutcomeCounts>();
  const own = sql("SELECT * FROM c WHERE c.org_id = @org AND c.kind = 'adjustment'", { org: orgId });
  for await (const adjustment of eachRow<Adjustment>(ledger, own)) {
    moved.set(adjustment.receipt_id, addOutcomes(moved.get(adjustment.receipt_id), adjustment.outcomes));
    addTable(counts, adjustment.counts);
  }
  return moved;
}

/** Rows page by page, in whatever order: an org may have millions. */
async function* eachRow<T>(container: Container, query: SqlQuerySpec): AsyncGenerator<T> {
  const pages = container.items.query<T>(query, { maxItemCount: 5_000 });
  while (pages.hasMoreResults()) yield* (await pages.fetchNext()).resources ?? [];
}

async function countByReceipt(container: Container, orgId: string, more = ""): Promise<Map<string, number>> {
  // Counted here: one plain query, and no plan for the SDK to merge.
  const query = `SELECT VALUE c.receipt_id FROM c WHERE c.org_id = @org AND NOT IS_NULL(c.receipt_id)${more}`;
  const counts = new Map<string, number>();
  for await (const receipt of eachRow<string>(container, sql(query, { org: orgId }))) {
    counts.set(receipt, (counts.get(receipt) ?? 0) + 1);
  }
  return counts;
}

/** How many documents there are of a receipt. */
interface Documents {
  readonly stored: ReadonlyMap<string, number>;
  readonly quarantined: ReadonlyMap<string, number>;
  /** Of those in quarantine: whose act is decided, and whose act is a replay. */
  readonly decided: ReadonlyMap<string, number>;
  readonly replaying: ReadonlyMap<string, number>;
}

function checkEntry(
  head: EnvelopeHead,
  { id, outcomes: atFirst, counts, not_stored }: LedgerEntry,
  outcomes: OutcomeCounts,
  by: Documents,
): string[] {
  const violations: string[] = [];
  const [stored, , quarantined] = outcomes;
  const settled = sumOfOutcomes(outcomes);
  if (outcomes.some((count) => count < 0)) violations.push(`${id} has less than no events of an outcome`);
  if (settled !== head.events) violations.push(`${id} accounts for ${settled} of ${head.events} events`);
  const found = by.stored.get(id) ?? 0;
  // Between the store's answer and its adjustment, a replayed event is there and not counted.
  if (found < stored || found - (by.replaying.get(id) ?? 0) > stored)
    violations.push(`${id} counts ${stored} as stored, ${found} are`);
  const inRows = counts.rows.reduce((sum, [, , count]) => sum + count, 0);
  if (inRows !== atFirst[0]) violations.push(`${id} counts ${atFirst[0]} as stored, and ${inRows} by type and hour`);
  const kept = by.quarantined.get(id) ?? 0;
  // An envelope that nobody could read is one document for all of its events.
  const whole = not_stored.some(({ code }) => code === "unreadable_envelope" || code === "lost_claim_check");
  const counted = whole ? Math.min(1, quarantined) : quarantined;
  // Between its adjustment and its end, a document whose act is decided is there and not counted.
  if (kept < counted || kept - (by.decided.get(id) ?? 0) > counted)
    violations.push(`${id} counts ${quarantined} as quarantined, ${kept} are`);
  return violations;
}

async function checkSums(
  ledger: Container,
  orgId: string,
  expected: EventCounts,
  settled: OutcomeCounts,
): Promise<string[]> {
  const store = createCosmosLedgerStore(ledger);
  try {
    const { counts } = await readAccount(store, orgId, { by: "event", from: -2e7, to: 1e8 });
    const { outcomes } = await readAccount(store, orgId, { by: "receipt", from: 0, to: 7e7 });
    const sums = [...outcomes.values()].reduce(addOutcomes, NO_OUTCOMES);
    const violations: string[] = [];
    if (textOf(byType(counts)) !== textOf(expected))
      violations.push("the sums of the ledger and what is open are not all entries");
    if (JSON.stringify(nameOutcomes(sums)) !== JSON.stringify(nameOutcomes(settled)))
      violations.push("the outcomes of the ledger's sums are not those of its entries");
    return violations;
  } catch (error) {
    if (error instanceof AppError && error.code === "ledger_incomplete") return [error.message];
    throw error;
  }
}

/** A count of 0 is none: adjustments may have taken away what was there. */
function textOf(counts: EventCounts): string {
  const { types, rows } = toTable(counts);
  return JSON.stringify(rows.flatMap(([type, hour, count]) => (count === 0 ? [] : [[types[type], hour, count]])));
}

async function checkUnreadable(containers: Containers, hub: HubContents): Promise<string[]> {
  const query = sql("SELECT VALUE c.message FROM c WHERE c.org_id = @org", { org: "_service" });
  const kept = (await queryAll<string>(containers.quarantine, query)).filter((message) =>
    message.startsWith("event hub"),
  ).length;
  return kept === hub.unreadable
    ? []
    : [`${hub.unreadable} messages of the hub cannot be read, ${kept} of them are in quarantine`];
}
