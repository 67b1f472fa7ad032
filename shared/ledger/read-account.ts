import { readable } from "../store/formats.ts";
import { addCount, type CountTable, type EventCounts, type Hour } from "./event-counts.ts";
import type { LedgerEntry, OutcomeCounts } from "./ledger-entry.ts";
import type { AccountRange, LedgerStore } from "./ledger-store.ts";
import { addOutcomes, type Rollup } from "./rollup.ts";

/**
 * An org's account: what its rollups hold, and the entries that no rollup holds yet. Each settled envelope is in it
 * once.
 */
export interface Account {
  /** Stored events by type and hour of their time. */
  readonly counts: EventCounts;
  /** Outcomes by hour of receipt. */
  readonly outcomes: ReadonlyMap<Hour, OutcomeCounts>;
}

/**
 * Reads an org's account for a range of hours. It is exact also while a merge runs. The rollups are read first, then
 * the open entries. An entry that moved to a rollup in between is in neither. So the rollups' change numbers are read
 * once more, and entries that a rollup took up after it was read are fetched by that number.
 *
 * Throws AppError `store_unavailable`, also for a range with anything in it that only a newer release can read.
 */
export async function readAccount(store: LedgerStore, orgId: string, range: AccountRange): Promise<Account> {
  const rollups = await store.findRollups(orgId, range);
  const entries = new Map<string, LedgerEntry>();
  for (const entry of await store.findOpenEntriesInRange(orgId, range)) entries.set(entry.id, entry);
  const read = new Map(rollups.map((rollup) => [`${rollup.slot} ${rollup.id}`, rollup.seq]));
  const versions = await store.findRollupVersions(orgId, range);
  for (const rollup of [...rollups, ...versions]) readable("rollup", rollup);
  const changed = versions.filter(({ slot, id, seq }) => seq !== read.get(`${slot} ${id}`));
  await Promise.all(
    changed.map(async ({ slot, id }) => {
      const since = await store.findMergedSince(orgId, slot, id, read.get(`${slot} ${id}`) ?? 0);
      for (const entry of since) entries.set(entry.id, entry);
    }),
  );
  const known = [...entries.values()].map((entry) => readable("entry", entry));
  return sumUp(rollups, known, range);
}

function sumUp(rollups: readonly Rollup[], entries: readonly LedgerEntry[], range: AccountRange): Account {
  const counts: EventCounts = new Map();
  const outcomes = new Map<Hour, OutcomeCounts>();
  const within = (hour: Hour): boolean => hour >= range.from && hour < range.to;
  const addCounts = (table: CountTable): void => {
    for (const [type, hour, count] of table.rows) {
      const name = table.types[type];
      if (name !== undefined && (range.by === "receipt" || within(hour))) addCount(counts, name, hour, count);
    }
  };
  const addHour = (hour: Hour, counted: OutcomeCounts): void => {
    if (range.by === "event" || within(hour)) outcomes.set(hour, addOutcomes(outcomes.get(hour), counted));
  };
  for (const rollup of rollups) {
    addCounts(rollup.counts);
    for (const [hour, ...counted] of rollup.outcomes) addHour(hour, counted);
  }
  for (const entry of entries) {
    addCounts(entry.counts);
    addHour(entry.received_hour, entry.outcomes);
  }
  return { counts, outcomes };
}
