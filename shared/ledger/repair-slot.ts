import { AppError } from "../errors.ts";
import { readable } from "../store/formats.ts";
import { silent } from "../telemetry/log.ts";
import type { CountedRead } from "./adjustment.ts";
import type { CountTable } from "./event-counts.ts";
import { listSlot } from "./find-gap.ts";
import type { Head } from "./head.ts";
import { addedBy, emptyHead, spanWith, sumUp } from "./head-sums.ts";
import type { LedgerStore, Slot, SumListed, Versioned } from "./ledger-store.ts";
import { mergeDeltas } from "./merge-deltas.ts";
import type { Added, OutcomeRow } from "./outcome-counts.ts";

/** A transactional batch takes 100 operations and 2 MB: the head, and the parts that go. */
const PARTS_A_STEP = 99;
const HEAD_BYTES = 1_800_000;
/** Their ids are held while the sums are made: some 50 MB. */
const MOST_ENTRIES = 500_000;
/** Entries begin to expire at 400 days. */
const MOST_DAYS = 390;
const CHANGED = "it changed meanwhile: look again";
/** How often a slot is looked at that something is added to meanwhile. */
const LOOKS = 5;

/** What a slot has, and what its sums say that it has. */
export interface SlotCheck {
  /** Entries and adjustments. */
  readonly entries: number;
  /** Those that head, parts and open deltas count. */
  readonly counted: number;
  /** The id of a document with sums that is gone. */
  readonly missing: string | undefined;
}

export type RepairEnd =
  /** Nothing was changed. */
  | { readonly how: "adds_up" }
  /** Nothing was changed: it has sums of releases up to 0.6.0, which have no number of entries. */
  | { readonly how: "old" }
  /** It does not add up, and nothing was changed. `reason` is for a person. */
  | { readonly how: "left"; readonly reason: string }
  | { readonly how: "mended" };

export type SlotRepair = SlotCheck & RepairEnd;

export interface RepairOptions {
  readonly now: number;
  /** Only looks. */
  readonly dry?: boolean;
}

/**
 * Makes the sums of a slot anew from its entries, if they do not add up; what adds up is not changed. The head is held
 * under its ETag, and no merge changes it from then on. Then the entries that no open delta names are the same at all
 * times: all entries are read, and then the open deltas. One transaction replaces the held head and all parts. A step
 * that fails ends it, and the next repair of the slot begins anew, whether the head is held or not.
 *
 * Throws AppError `store_unavailable`.
 */
export async function repairSlot(
  store: LedgerStore,
  slot: Slot,
  { now, dry = false }: RepairOptions,
): Promise<SlotRepair> {
  const found = await look(store, slot);
  const { entries, counted, missing, head } = found;
  const check = { entries, counted, missing };
  const end = endOf(found, slot, now);
  if (dry) return { ...check, ...(end ?? { how: "left", reason: lookedAt(found) }) };
  if (head?.value.hold !== undefined) await lift(store, slot, head);
  return { ...check, ...(end ?? (await mend(store, slot))) };
}

function lookedAt({ isStill }: Look): string {
  return isStill ? "it was only looked at" : CHANGED;
}

/** Undefined for one that is to be mended. */
function endOf({ isOld, isStill, ...found }: Look, { slot }: Slot, now: number): RepairEnd | undefined {
  const { entries, counted, missing } = found;
  if (isOld) return { how: "old" };
  if (isStill && entries === counted && missing === undefined) return { how: "adds_up" };
  if (!isYoung(slot, now)) return { how: "left", reason: "its entries begin to expire, so that they are not all" };
  if (entries > MOST_ENTRIES) return { how: "left", reason: `it has more than ${MOST_ENTRIES} entries` };
  return undefined;
}

function isYoung(slot: string, now: number): boolean {
  return now - Date.parse(`${slot.slice(0, 10)}T00:00:00Z`) < MOST_DAYS * 86_400_000;
}

interface Look extends SlotCheck {
  readonly head: Versioned<Head> | undefined;
  readonly isOld: boolean;
  /** Nothing came or was taken up between its questions. */
  readonly isStill: boolean;
}

/** A look at a slot that is still; the last one, where there was none. */
async function look(store: LedgerStore, slot: Slot): Promise<Look> {
  for (let looks = 1; ; looks++) {
    const found = await lookOnce(store, slot);
    if (found.isStill || looks === LOOKS) return found;
  }
}

/**
 * What comes while the entries are counted is open, before or after, or was taken up: then the head, which is listed
 * last, is another one.
 */
async function lookOnce(store: LedgerStore, slot: Slot): Promise<Look> {
  const { orgId, slot: name } = slot;
  const head = await store.readHead(orgId, name);
  if (head) readable("head", head.value);
  const open = await readOpenIds(store, slot);
  const entries = await store.countEntries(orgId, name);
  const openAfter = await readOpenIds(store, slot);
  const { rows, missing } = await listSlot(store, scopeOf(slot));
  const isOld = rows.some(({ kind }) => kind === "rollup");
  const isSame = open.length === openAfter.length && open.every((id, i) => id === openAfter[i]);
  const isStill = isSame && etagOf(rows) === head?.etag;
  return { entries, counted: (head?.value.m ?? 0) + open.length, missing, head, isOld, isStill };
}

function etagOf(rows: readonly SumListed[]): string | undefined {
  return rows.find(({ kind }) => kind === "head")?._etag;
}

function scopeOf(slot: Slot) {
  return { ...slot, range: { by: "receipt", from: 0, to: 0 } } as const;
}

async function readOpenIds(store: LedgerStore, slot: Slot): Promise<readonly string[]> {
  const ids: string[] = [];
  await store.readOpenIds(slot, (page) => ids.push(...page));
  return ids.sort();
}

async function mend(store: LedgerStore, slot: Slot): Promise<RepairEnd> {
  // What an open delta has wrong is in the head then, and made anew with it.
  await mergeDeltas(store, slot, silent);
  const held = await hold(store, slot, await store.readHead(slot.orgId, slot.slot));
  if (!held) return { how: "left", reason: CHANGED };
  const sums = await sumHeld(store, slot);
  const { rows, missing } = await listSlot(store, scopeOf(slot));
  const parts = rows.filter(({ kind }) => kind === "part").map(({ id }) => id);
  const made = headOf(slot, sums);
  const fits = parts.length <= PARTS_A_STEP && Buffer.byteLength(JSON.stringify(made)) <= HEAD_BYTES;
  const addsUp = sums.m === held.value.m && missing === undefined;
  if (addsUp || !fits) {
    await lift(store, slot, held);
    return addsUp ? { how: "adds_up" } : { how: "left", reason: "its sums do not fit one transaction" };
  }
  const done = await store.mergeDeltas({ ...slot, head: made, etag: held.etag, deltas: [], parts });
  return done ? { how: "mended" } : { how: "left", reason: CHANGED };
}

/** Undefined when someone changed the head first. */
async function hold(
  store: LedgerStore,
  slot: Slot,
  head: Versioned<Head> | undefined,
): Promise<Versioned<Head> | undefined> {
  const value: Head = { ...(head?.value ?? emptyHead(slot.orgId, slot.slot)), hold: crypto.randomUUID() };
  if (!(await store.mergeDeltas({ ...slot, head: value, etag: head?.etag, deltas: [] }))) return undefined;
  const held = await store.readHead(slot.orgId, slot.slot);
  return held?.value.hold === value.hold ? held : undefined;
}

async function lift(store: LedgerStore, slot: Slot, held: Versioned<Head>): Promise<void> {
  const { hold: _, ...head } = held.value;
  await store.mergeDeltas({ ...slot, head, etag: held.etag, deltas: [] });
}

interface HeldSums extends Required<Added> {
  readonly m: number;
}

/** What the head must be: all entries that no open delta names. */
async function sumHeld(store: LedgerStore, slot: Slot): Promise<HeldSums> {
  // A first look spares reading most of these twice. It decides nothing.
  const openBefore = new Set(await readOpenIds(store, slot));
  const seen = new Set<string>();
  let sums = sumUp([]);
  await store.readAllCounted(slot, (page) => {
    const own = page.filter((entry) => isOwn(entry) && !openBefore.has(entry.id));
    for (const { id } of own) seen.add(id);
    sums = sumUp([sums, ...own.map(addedBy)]);
  });
  const late = (await readOpenIds(store, slot)).filter((id) => seen.has(id));
  const taken = await Promise.all(late.map((id) => readAgain(store, slot, id)));
  return { ...sumUp([sums, ...taken.map(negate)]), m: seen.size - late.length };
}

/** Entries of releases up to 0.6.0 are counted by rollups. */
function isOwn(entry: CountedRead): boolean {
  return readable(entry.kind, entry).open === undefined;
}

async function readAgain(store: LedgerStore, { orgId, slot }: Slot, id: string): Promise<Required<Added>> {
  const entry = await store.readCounted(orgId, slot, id);
  if (entry) return addedBy(entry);
  throw new AppError("store_unavailable", "an entry that was read is not there any more", { retryAfter: 1 });
}

function negate({ counts: { types, rows }, outcomes }: Required<Added>): Required<Added> {
  const negative = outcomes.map(
    ([hour, stored, duplicate, quarantined, ...later]): OutcomeRow => [
      hour,
      -stored,
      -duplicate,
      -quarantined,
      ...later.map((count) => -count),
    ],
  );
  const counts: CountTable = { types, rows: rows.map(([type, hour, count]) => [type, hour, -count]) };
  return { counts, outcomes: negative };
}

/** Everything in the head: the next merge makes a part of it. */
function headOf({ orgId, slot }: Slot, { m, counts, outcomes }: HeldSums): Head {
  const empty = emptyHead(orgId, slot, 0, m);
  return { ...empty, counts, outcomes, ...spanWith(empty, counts) };
}
