import { basename } from "node:path";
import { createLineMapper, type FieldMapping } from "../../cli/send/map-line.ts";
import { openSource, readLines } from "../../cli/send/read-lines.ts";

export const mapping: FieldMapping = { type: "namespace", time: "time", user: "user" };

/** So many of the most frequent types get a schema; the others stay free. */
const TYPES = 10;
const FITTING = 0.95;

/** One edit, as it is to be found again. */
export interface Edit {
  readonly id: string;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly delta: number;
}

/** What the file holds, and a bound that 5 % of the edits of some types are above. */
export interface Edits {
  readonly all: ReadonlyMap<string, Edit>;
  readonly types: readonly string[];
  readonly bound: number;
  /** The ids of those above it. */
  readonly unfit: ReadonlySet<string>;
}

export async function readEdits(file: string): Promise<Edits> {
  const mapLine = createLineMapper(mapping, basename(file));
  const all = new Map<string, Edit>();
  for await (const line of readLines(openSource(file))) {
    const mapped = mapLine(line.text, line.number);
    if ("problem" in mapped) throw new Error(`${file}: line ${line.number} ${mapped.problem}`);
    const { event_id, event_type, timestamp, properties } = mapped.event;
    const { delta } = Object(properties) as { readonly delta?: unknown };
    const id = String(event_id);
    all.set(id, { id, type: String(event_type), time: Date.parse(String(timestamp)), delta: Number(delta) });
  }
  const byType = Map.groupBy(all.values(), ({ type }) => type);
  const frequent = [...byType].sort(([, a], [, b]) => b.length - a.length).slice(0, TYPES);
  const judged = frequent.flatMap(([, edits]) => edits);
  const deltas = judged.map(({ delta }) => delta).sort((a, b) => a - b);
  const bound = deltas[Math.ceil(deltas.length * FITTING) - 1] ?? 0;
  const unfit = new Set(judged.filter(({ delta }) => delta > bound).map(({ id }) => id));
  return { all, types: frequent.map(([type]) => type), bound, unfit };
}
