import { canonicalize, type Value } from "../json.ts";
import { compareText, encodeKey } from "../store/key.ts";
import { createTotal, type Total } from "./aggregate.ts";
import type { CompiledQuery } from "./compiled-query.ts";
import type { Row } from "./evaluate.ts";
import { isDistinct } from "./values.ts";

/** Gathers rows until the whole answer is known: for groups, aggregates, DISTINCT, and for subqueries. */
export interface ResultSet {
  add(row: Row): void;
  /** Counts rows that were never read one by one. */
  addCount(count: number): void;
  /** The answer, in order, with TOP, OFFSET and LIMIT applied. */
  finish(): readonly Value[];
}

interface Group {
  readonly first: Row;
  readonly totals: readonly Total[];
}

export function createResultSet(compiled: CompiledQuery): ResultSet {
  const isGrouped = compiled.aggregates.length > 0 || compiled.groupBy.length > 0;
  const groups = isGrouped ? createGroups(compiled) : undefined;
  const rows: { readonly keys: readonly string[]; readonly value: Value }[] = [];
  let counted = 0;
  return {
    add(row) {
      if (groups) return groups.add(row);
      const value = compiled.project(row);
      if (value !== undefined) rows.push({ keys: compiled.orderBy.map((key) => encodeKey(key(row))), value });
    },
    addCount(count) {
      counted += count;
    },
    finish() {
      if (groups) return slice(compiled, groups.finish(counted));
      if (compiled.orderBy.length > 0) rows.sort((a, b) => compareKeys(a.keys, b.keys, compiled.query.orderBy));
      return slice(
        compiled,
        rows.map((row) => row.value),
      ); // prettier-ignore
    },
  };
}

function createGroups(compiled: CompiledQuery) {
  const groups = new Map<string, Group>();
  const open = (row: Row): Group => ({
    first: { slots: [...row.slots], totals: [] },
    totals: compiled.aggregates.map(createTotal),
  });
  return {
    add(row: Row): void {
      const name = compiled.groupBy.map((key) => canonicalize(key(row))).join("\u0000");
      const group = groups.get(name) ?? open(row);
      groups.set(name, group);
      for (const total of group.totals) total.add(row);
    },
    finish(counted: number): readonly Value[] {
      // Aggregates without GROUP BY have one answer also over nothing.
      if (groups.size === 0 && compiled.groupBy.length === 0) groups.set("", open({ slots: [], totals: [] }));
      const answers = [...groups.values()].map(({ first, totals }) => {
        const results = totals.map((total) => total.result());
        first.totals = counted > 0 ? results.map(() => counted) : results;
        return compiled.project(first);
      });
      return answers.filter((value) => value !== undefined);
    },
  };
}

/** Compares the keys of two rows in the directions of ORDER BY. */
export function compareKeys(
  a: readonly string[],
  b: readonly string[],
  directions: readonly { readonly descending: boolean }[],
): number {
  for (const [index, { descending }] of directions.entries()) {
    const order = compareText(a[index] ?? "", b[index] ?? "");
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

function slice(compiled: CompiledQuery, values: readonly Value[]): readonly Value[] {
  const { query } = compiled;
  const seen = new Set<string>();
  const kept = query.distinct ? values.filter((value) => value !== undefined && isDistinct(seen, value)) : values;
  const offset = query.offset ?? 0;
  return kept.slice(offset, offset + Math.min(query.limit ?? kept.length, query.top ?? kept.length));
}
