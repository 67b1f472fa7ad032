import type { MapLine, OutgoingEvent } from "./map-line.ts";
import type { Line } from "./read-lines.ts";

export interface Batch {
  /** As the line names it; empty without an org field. */
  readonly org: string;
  readonly events: readonly OutgoingEvent[];
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface BatchOptions {
  readonly size: number;
  readonly mapLine: MapLine;
  readonly onProblem: (lineNumber: number, problem: string) => void;
}

/** Events that wait for their batch to fill, all orgs together; bounds memory whatever number of orgs a file has. */
const maxWaiting = 50_000;

/** Groups lines into batches of one org each. The fullest goes early when too many wait. */
export async function* collectBatches(lines: AsyncIterable<Line>, options: BatchOptions): AsyncGenerator<Batch> {
  const open = new Map<string, { events: OutgoingEvent[]; firstLine: number; lastLine: number }>();
  let waiting = 0;
  const close = (org: string): Batch => {
    const batch = open.get(org) ?? { events: [], firstLine: 0, lastLine: 0 };
    open.delete(org);
    waiting -= batch.events.length;
    return { org, ...batch };
  };
  for await (const line of lines) {
    const mapped = options.mapLine(line.text, line.number);
    if ("problem" in mapped) {
      options.onProblem(line.number, mapped.problem);
      continue;
    }
    const org = mapped.org ?? "";
    const batch = open.get(org) ?? { events: [], firstLine: line.number, lastLine: line.number };
    open.set(org, batch);
    batch.events.push(mapped.event);
    batch.lastLine = line.number;
    waiting++;
    if (batch.events.length >= options.size) yield close(org);
    else if (waiting >= maxWaiting) yield close(findFullest(open));
  }
  for (const org of [...open.keys()]) yield close(org);
}

function findFullest(open: ReadonlyMap<string, { readonly events: readonly unknown[] }>): string {
  let fullest = { org: "", size: -1 };
  for (const [org, { events }] of open) if (events.length > fullest.size) fullest = { org, size: events.length };
  return fullest.org;
}
