import type { EnvelopeItem } from "../../shared/envelope/content.ts";
import { documentIdOf } from "../../shared/event/document-id.ts";
import { addCount, addTable, type EventCounts, hourOf, toTable } from "../../shared/ledger/event-counts.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import { markOf, type Outcome } from "../../shared/pipeline/outcome.ts";
import type { EventDocument } from "../../shared/store/event-store.ts";
import { storeTypes, type World } from "./world.ts";

const refusable: ReadonlySet<string> = new Set(Object.values(storeTypes));

/** An envelope that was accepted. */
export interface Sent {
  readonly orgId: string;
  readonly receiptId: string;
  readonly items: readonly EnvelopeItem[];
  readonly message: Buffer;
  readonly blob: string | undefined;
}

/** Holds the world, at rest, to the invariants. Gives every violation. */
export async function checkWorld(world: World, sent: readonly Sent[]): Promise<string[]> {
  const violations: string[] = [];
  const entries = world.ledger.entries();
  if (entries.length !== sent.length) violations.push(`${entries.length} ledger entries for ${sent.length} envelopes`);
  const stored = new Map<string, EventDocument>();
  for (const document of world.events.all())
    if (document.receipt_id !== null) stored.set(`${document.org_id} ${document.id}`, document);
  const countedBy = new Map<string, string>();
  for (const envelope of sent) {
    const own = entries.filter((entry) => entry.id === envelope.receiptId && entry.org_id === envelope.orgId);
    const [entry] = own;
    if (!entry || own.length !== 1) violations.push(`${own.length} entries of ${envelope.receiptId}`);
    else violations.push(...checkEnvelope(world, envelope, entry, stored, countedBy));
    if (envelope.blob !== undefined && world.claims.has(envelope.blob) && entry === undefined)
      violations.push("a claim without an account");
  }
  for (const key of stored.keys()) if (!countedBy.has(key)) violations.push(`${key} is stored and counted by no entry`);
  violations.push(...(await checkRollups(world, entries)));
  return violations;
}

function checkEnvelope(
  world: World,
  { orgId, receiptId, items }: Sent,
  entry: LedgerEntry,
  stored: ReadonlyMap<string, EventDocument>,
  countedBy: Map<string, string>,
): string[] {
  const violations: string[] = [];
  const counts: EventCounts = new Map();
  const tally = { stored: 0, duplicate: 0, quarantined: 0 };
  for (const [index, item] of items.entries()) {
    const outcome = outcomeOf(entry, index);
    tally[outcome]++;
    const ids = [markOf(receiptId, index), `${receiptId}:all`];
    const kept = world.quarantine.all().some(({ org_id, id }) => org_id === orgId && ids.includes(id));
    if (kept !== (outcome === "quarantined"))
      violations.push(`${receiptId}:${index} is ${outcome}, in quarantine: ${kept}`);
    if ("d" in item && outcome !== "duplicate") violations.push(`a repetition is ${outcome}`);
    if ("q" in item && outcome !== "quarantined") violations.push(`an invalid event is ${outcome}`);
    if (!("e" in item)) continue;
    if (outcome === "quarantined" && !refusable.has(item.e.event_type))
      violations.push(`${receiptId}:${index} is quarantined for no reason`);
    const key = `${orgId} ${documentIdOf(item.e.event_id)}`;
    const document = stored.get(key);
    if (outcome === "stored") {
      addCount(counts, item.e.event_type, hourOf(Date.parse(item.e.timestamp)), 1);
      if (document?.receipt_id !== receiptId || document.index !== index)
        violations.push(`${receiptId}:${index} counts as stored, but is not`);
      if (countedBy.has(key)) violations.push(`${key} counts as stored twice`);
      countedBy.set(key, receiptId);
    }
    if (outcome === "duplicate" && !document) violations.push(`${receiptId}:${index} is a duplicate of nothing`);
    if (outcome !== "stored" && document?.receipt_id === receiptId && document.index === index)
      violations.push(`${receiptId}:${index} is ${outcome}, but stored`);
  }
  const sums = [tally.stored, tally.duplicate, tally.quarantined];
  if (JSON.stringify(entry.outcomes) !== JSON.stringify(sums))
    violations.push(`${receiptId} sums to ${entry.outcomes.join(" ")}, not ${sums.join(" ")}`);
  if (JSON.stringify(entry.counts) !== JSON.stringify(toTable(counts)))
    violations.push(`${receiptId} counts something else than it stored`);
  return violations;
}

function outcomeOf(entry: LedgerEntry, index: number): Outcome {
  const group = entry.not_stored.find(({ ranges }) => ranges.some(([first, last]) => index >= first && index <= last));
  return group?.outcome ?? "stored";
}

/** Rollups and open entries together are all entries, once. */
async function checkRollups(world: World, entries: readonly LedgerEntry[]): Promise<string[]> {
  const violations: string[] = [];
  for (const orgId of new Set(entries.map((entry) => entry.org_id))) {
    const { counts } = await readAccount(world.ledger, orgId, { by: "event", from: 0, to: 1e6 });
    const expected: EventCounts = new Map();
    for (const entry of entries) if (entry.org_id === orgId) addTable(expected, entry.counts);
    const [found, wanted] = [JSON.stringify(toTable(counts)), JSON.stringify(toTable(expected))];
    if (found !== wanted) violations.push(`the account of ${orgId} is ${found}, not ${wanted}`);
  }
  return violations;
}
