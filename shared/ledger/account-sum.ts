import type { CountTable, EventCounts, Hour } from "./event-counts.ts";
import type { AccountRange } from "./ledger-store.ts";
import { type Added, addOutcomes, type OutcomeCounts, type OutcomeRow } from "./outcome-counts.ts";

export interface SumOptions {
  /** Hours of an interval; 1. */
  readonly step?: number;
  /** Counts of this type alone. */
  readonly eventType?: string | undefined;
  /** The most counts that are held; without end. */
  readonly maxCounts?: number;
}

/** Counts of events by interval and type. Maps, because an event type may be `__proto__`. */
export type IntervalCounts = ReadonlyMap<Hour, ReadonlyMap<string, number>>;

/** An account that is being added up. When it holds too many counts, it lets go of its earliest interval. */
export interface AccountSum {
  readonly counts: IntervalCounts;
  readonly outcomes: ReadonlyMap<Hour, OutcomeCounts>;
  /** The first hour whose counts it has: what is before it did not fit. */
  readonly from: Hour;
  add(document: Added): void;
  addSum(other: AccountSum): void;
}

/**
 * An empty sum. Of a range by event time, it takes counts, by the beginnings of intervals; of one by receipt, outcomes
 * by hour.
 */
export function createAccountSum(range: AccountRange, options: SumOptions = {}): AccountSum {
  const counts = createCounts(range, options);
  const outcomes = new Map<Hour, OutcomeCounts>();
  const addRow = (hour: Hour, counted: OutcomeCounts): void => {
    if (hour >= range.from && hour < range.to) outcomes.set(hour, addOutcomes(outcomes.get(hour), counted));
  };
  return {
    counts: counts.held,
    outcomes,
    get from() {
      return counts.from;
    },
    add: (document) => {
      if (range.by === "event") counts.addTable(document.counts ?? { types: [], rows: [] });
      else for (const [hour, ...counted] of document.outcomes ?? NO_ROWS) addRow(hour, counted);
    },
    addSum: (other) => {
      counts.addCounts(other);
      for (const [hour, counted] of other.outcomes) addRow(hour, counted);
    },
  };
}

function createCounts(range: AccountRange, options: SumOptions) {
  const { step = 1, eventType, maxCounts = Number.POSITIVE_INFINITY } = options;
  const counts = new Map<Hour, Map<string, number>>();
  let from = range.from;
  let size = 0;
  const beginAt = (hour: Hour): void => {
    from = hour;
    for (const [start, types] of counts) {
      if (start >= from) continue;
      size -= types.size;
      counts.delete(start);
    }
  };
  const letGoOfFirst = (): void => {
    let first = Number.POSITIVE_INFINITY;
    for (const start of counts.keys()) first = Math.min(first, start);
    beginAt(first + step);
  };
  const addCount = (type: string, start: Hour, count: number): void => {
    const types = counts.get(start) ?? new Map<string, number>();
    if (types.size === 0) counts.set(start, types);
    const before = types.get(type);
    types.set(type, (before ?? 0) + count);
    if (before === undefined && ++size > maxCounts) letGoOfFirst();
  };
  return {
    held: counts,
    get from() {
      return from;
    },
    addTable: ({ types, rows }: CountTable): void => {
      for (const [index, hour, count] of rows) {
        const type = types[index];
        if (type === undefined || hour < from || hour >= range.to) continue;
        if (eventType === undefined || type === eventType) addCount(type, Math.floor(hour / step) * step, count);
      }
    },
    addCounts: (other: AccountSum): void => {
      if (other.from > from) beginAt(other.from);
      for (const [start, types] of other.counts)
        for (const [type, count] of types) if (start + step > from) addCount(type, start, count);
    },
  };
}

const NO_ROWS: readonly OutcomeRow[] = [];

/** By type and then by hour, as tables are made of them. */
export function byType(counts: IntervalCounts): EventCounts {
  const sorted: EventCounts = new Map();
  for (const [start, types] of counts)
    for (const [type, count] of types) {
      const hours = sorted.get(type) ?? new Map<Hour, number>();
      sorted.set(type, hours.set(start, count));
    }
  return sorted;
}
