import { markOf, type Outcome } from "../../shared/event/decide-outcome.ts";
import { documentIdOf } from "../../shared/event/document-id.ts";
import type { EventDocument } from "../../shared/event/event-store.ts";
import { SERVICE_ORG_ID } from "../../shared/identity/org-id.ts";
import { addCount, type EventCounts, hourOf, toTable } from "../../shared/ledger/event-counts.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { OutcomeName } from "../../shared/ledger/outcome-counts.ts";
import { toOwnEntry } from "../support/older-ledger.ts";
import { checkTrail } from "./acts.ts";
import { checkRollups } from "./check-rollups.ts";
import type { Machine } from "./machine.ts";
import { eventTypes, type Sent } from "./make-traffic.ts";
import type { World } from "./world.ts";

const refusable: ReadonlySet<string> = new Set(Object.values(eventTypes));

/** The contents of the stores, by the keys that the checks need. */
interface View {
  readonly world: World;
  /** Stored events by org and document id. */
  readonly stored: ReadonlyMap<string, EventDocument>;
  /** Ids of quarantine documents, with their orgs. */
  readonly quarantined: ReadonlySet<string>;
  /** What became of events that were adjusted, by their marks with their orgs. */
  readonly moved: ReadonlyMap<string, OutcomeName>;
  /** Stored events by the marks of what stored them, with their orgs. */
  readonly storedBy: ReadonlyMap<string, EventDocument>;
  /** Whether that ends their documents in quarantine. */
  readonly acting: boolean;
  /** Marks that count as stored, by org and document id; filled on the way. */
  readonly counted: Map<string, string[]>;
}

/** Holds the world, at rest, to the invariants. Gives every violation. */
export async function checkWorld(
  world: World,
  { sent, strange, later, acts }: Pick<Machine, "sent" | "strange" | "later" | "acts">,
): Promise<string[]> {
  const events = world.events.all().filter((document) => document.receipt_id !== null);
  const kept = world.quarantine.all();
  const view: View = {
    world,
    stored: new Map(events.map((event) => [`${event.org_id} ${event.id}`, event])),
    quarantined: new Set(kept.map(({ org_id, id }) => `${org_id} ${id}`)),
    moved: new Map(
      world.ledger.adjustments().map((one) => [`${one.org_id} ${markOf(one.receipt_id, one.index)}`, one.to]),
    ),
    storedBy: new Map(events.map((event) => [`${event.org_id} ${markOf(event.receipt_id, event.index)}`, event])),
    acting: acts.used,
    counted: new Map(),
  };
  const violations: string[] = [];
  const entries = world.ledger.entries();
  if (entries.length !== sent.length) violations.push(`${entries.length} ledger entries for ${sent.length} envelopes`);
  for (const envelope of sent) violations.push(...checkEnvelope(view, envelope));
  violations.push(...checkStored(view));
  const ofNobody = kept.filter(({ org_id }) => org_id === SERVICE_ORG_ID).length;
  if (ofNobody !== strange) violations.push(`${strange} strange messages, ${ofNobody} in quarantine`);
  for (const { id, raw } of kept)
    if ("blob" in raw && !world.claims.blobs.has(raw.blob)) violations.push(`the blob of ${id} in quarantine is gone`);
  violations.push(...checkTrail(world, acts));
  return [...violations, ...(await checkRollups(world, { sent, later, acts }))];
}

function checkEnvelope(view: View, envelope: Sent): string[] {
  const { orgId, receiptId } = envelope;
  const own = view.world.ledger.entries().filter((entry) => entry.id === receiptId && entry.org_id === orgId);
  const [entry] = own;
  if (!entry || own.length !== 1) return [`${own.length} entries of ${receiptId}`];
  const first = view.world.accounts.get(`${orgId} ${receiptId}`);
  const violations: string[] = [];
  if (JSON.stringify(first) !== JSON.stringify(toOwnEntry(entry)))
    violations.push(`the account of ${receiptId} has changed`);
  const counts: EventCounts = new Map();
  const tally = { stored: 0, duplicate: 0, quarantined: 0 };
  for (const [index, item] of envelope.items.entries()) {
    const outcome = outcomeOf(entry, index);
    tally[outcome]++;
    violations.push(
      ...checkEvent(view, envelope, index, outcome).map((what) => `${receiptId}:${index} is ${outcome}, ${what}`),
    );
    if ("e" in item && outcome === "stored")
      addCount(counts, item.e.event_type, hourOf(Date.parse(item.e.timestamp)), 1);
  }
  if (entry.outcomes.join() !== Object.values(tally).join())
    violations.push(`${receiptId} sums to ${entry.outcomes.join()}, not ${Object.values(tally).join()}`);
  if (JSON.stringify(entry.counts) !== JSON.stringify(toTable(counts)))
    violations.push(`${receiptId} counts something else than it stored`);
  return violations;
}

function outcomeOf(entry: LedgerEntry, index: number): Outcome {
  const group = entry.not_stored.find(({ ranges }) => ranges.some(([first, last]) => index >= first && index <= last));
  return group?.outcome ?? "stored";
}

/** The faults in the outcome of one event. */
function checkEvent(view: View, envelope: Sent, index: number, outcome: Outcome): string[] {
  const { orgId, receiptId, items, sound } = envelope;
  const [item, mark] = [items[index], markOf(receiptId, index)];
  const wrong: string[] = [];
  const kept = view.quarantined.has(`${orgId} ${sound ? mark : `${receiptId}:all`}`);
  const to = view.acting ? view.moved.get(`${orgId} ${mark}`) : undefined;
  const moved = to !== undefined;
  if (kept !== (outcome === "quarantined" && !moved)) wrong.push(kept ? "and in quarantine" : "and not in quarantine");
  if (!item || !sound) return wrong;
  if (view.acting && outcome === "quarantined") wrong.push(...checkReplayed(view, `${orgId} ${mark}`, mark, to));
  if ("d" in item && outcome !== "duplicate") wrong.push("being a repetition");
  if ("q" in item && outcome !== "quarantined") wrong.push("being invalid");
  if (!("e" in item)) return wrong;
  if (outcome === "quarantined" && !refusable.has(item.e.event_type)) wrong.push("for no reason");
  const key = `${orgId} ${documentIdOf(item.e.event_id)}`;
  const document = view.stored.get(key);
  const here = document?.receipt_id === receiptId && document.index === index;
  if (outcome === "stored") {
    view.counted.set(key, [...(view.counted.get(key) ?? []), mark]);
    if (!here && !view.world.gone.get(key)?.has(mark)) wrong.push("but not in the store");
  } else if (here && to !== "stored") wrong.push("but in the store");
  if (outcome === "duplicate" && !document && !view.world.gone.has(key)) wrong.push("of nothing");
  return wrong;
}

/** The faults in what a replay has made of one event: the store and the account say the same. */
function checkReplayed(view: View, key: string, mark: string, to: OutcomeName | undefined): string[] {
  const document = view.storedBy.get(key);
  if (to !== "stored") return document ? ["and stored by a replay that nobody counts"] : [];
  if (!document) return ["and replayed, but not in the store"];
  const id = `${document.org_id} ${document.id}`;
  view.counted.set(id, [...(view.counted.get(id) ?? []), mark]);
  return [];
}

/** Every stored event is counted, and only one of a key, unless the one before it had expired. */
function checkStored({ world, stored, counted }: View): string[] {
  const violations: string[] = [];
  for (const [key, { receipt_id, index }] of stored)
    if (!counted.get(key)?.includes(markOf(receipt_id, index))) violations.push(`${key} is stored and not counted`);
  for (const [key, marks] of counted) {
    const still = marks.filter((mark) => !world.gone.get(key)?.has(mark));
    if (still.length > 1) violations.push(`${key} counts as stored ${still.length} times`);
  }
  return violations;
}
