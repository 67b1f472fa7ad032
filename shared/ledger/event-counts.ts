/** Hours since 1970 in UTC, by which counts are kept. */
export type Hour = number;

/** The hour of a time in ms since 1970. */
export function hourOf(time: number): Hour {
  return Math.floor(time / 3_600_000);
}

/** The start of an hour, RFC 3339 in UTC. */
export function hourStart(hour: Hour): string {
  return new Date(hour * 3_600_000).toISOString();
}

/** Counts by event type and hour, as documents hold them: types once, rows of `[index of type, hour, count]`. */
export interface CountTable {
  readonly types: readonly string[];
  readonly rows: readonly (readonly [type: number, hour: Hour, count: number])[];
}

/** Counts being added up. A Map, because an event type may be `__proto__`. */
export type EventCounts = Map<string, Map<Hour, number>>;

/** Adds to one count, in place. */
export function addCount(counts: EventCounts, type: string, hour: Hour, count: number): void {
  const hours = counts.get(type) ?? new Map<Hour, number>();
  if (hours.size === 0) counts.set(type, hours);
  hours.set(hour, (hours.get(hour) ?? 0) + count);
}

/** Adds a document's counts, in place. */
export function addTable(counts: EventCounts, table: CountTable): void {
  for (const [type, hour, count] of table.rows) {
    const name = table.types[type];
    if (name !== undefined) addCount(counts, name, hour, count);
  }
}

/** As a document holds them, always in the same order: the same counts are always written the same. */
export function toTable(counts: EventCounts): CountTable {
  const types = [...counts.keys()].sort();
  const rows = types.flatMap((type, i) => {
    const hours = [...(counts.get(type) ?? [])].sort(([a], [b]) => a - b);
    return hours.map(([hour, count]) => [i, hour, count] as const);
  });
  return { types, rows };
}

/** The first and last hour of a table; undefined when it is empty. */
export function spanOf(table: CountTable): { readonly first: Hour; readonly last: Hour } | undefined {
  if (table.rows.length === 0) return undefined;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [, hour] of table.rows) {
    if (hour < first) first = hour;
    if (hour > last) last = hour;
  }
  return { first, last };
}
