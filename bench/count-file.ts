import { createLineMapper, type FieldMapping } from "../cli/send/map-line.ts";
import { openSource, readLines } from "../cli/send/read-lines.ts";

/** Counts by org, then by event type. */
export type TypeCounts = Map<string, Map<string, number>>;

export interface FileCounts {
  readonly byOrg: TypeCounts;
  readonly total: number;
  /** Milliseconds since 1970 of the earliest and the latest event. */
  readonly earliest: number;
  readonly latest: number;
}

/** The contents of the file, counted without the product: the truth that the product's counts are compared with. */
export async function countFile(file: string, mapping: FieldMapping): Promise<FileCounts> {
  const mapLine = createLineMapper(mapping, "count");
  const byOrg: TypeCounts = new Map();
  let total = 0;
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for await (const line of readLines(openSource(file))) {
    const mapped = mapLine(line.text, line.number);
    if ("problem" in mapped) throw new Error(`${file}: line ${line.number} ${mapped.problem}`);
    const time = Date.parse(String(mapped.event.timestamp));
    earliest = Math.min(earliest, time);
    latest = Math.max(latest, time);
    addTo(byOrg, mapped.org ?? "", String(mapped.event.event_type), 1);
    total++;
  }
  return { byOrg, total, earliest, latest };
}

export function addTo(counts: TypeCounts, org: string, type: string, count: number): void {
  const types = counts.get(org) ?? new Map<string, number>();
  counts.set(org, types);
  types.set(type, (types.get(type) ?? 0) + count);
}

export function sumOf(types: ReadonlyMap<string, number> | undefined): number {
  return [...(types?.values() ?? [])].reduce((sum, count) => sum + count, 0);
}
