import { reached } from "../runtime/reached.ts";
import type { EventQuery, FoundEvent, FoundEvents } from "./event-store.ts";

/** Reads a page; it ends before it is larger than `maxBytes`, but has one event. */
type Read = (query: EventQuery, maxBytes: number) => Promise<FoundEvents>;

interface Source {
  readonly query: EventQuery;
  /** What was read and not yet taken, newest first. */
  held: readonly FoundEvent[];
  /** Whether nothing comes after what is held. */
  complete: boolean;
}

/** Events of each source that are read at first, beyond its share. */
const AHEAD = 10;

/**
 * One page of what several queries find, newest first. They differ in a filter alone, and no two find one event. What
 * is held of them all is no more than a page, however many they are: each has a share of it, and is asked again from
 * where it ended when that is used up.
 */
export async function mergeNewest(read: Read, queries: readonly EventQuery[], maxBytes: number): Promise<FoundEvents> {
  const sources = queries.map((query): Source => ({ query, held: [], complete: false }));
  const limit = queries[0]?.limit ?? 0;
  const share = Math.min(limit, AHEAD + Math.ceil(limit / queries.length));
  const events: FoundEvent[] = [];
  let bytes = 0;
  while (events.length < limit) {
    for (const source of sources) await refill(read, source, events.at(-1), share, maxBytes / queries.length);
    const newest = sources.filter(({ held }) => held.length > 0).sort(byFirst)[0];
    const [next] = newest?.held ?? [];
    if (!newest || !next) return { events, complete: true };
    bytes += Buffer.byteLength(JSON.stringify(next));
    if (events.length > 0 && bytes > maxBytes) {
      reached("merged-page-of-events-full");
      return { events, complete: false };
    }
    events.push(next);
    newest.held = newest.held.slice(1);
  }
  return { events, complete: false };
}

/** One after the other: what several answers take at once would be beyond any bound. */
async function refill(
  read: Read,
  source: Source,
  last: FoundEvent | undefined,
  limit: number,
  maxBytes: number,
): Promise<void> {
  if (source.held.length > 0 || source.complete) return;
  const after = last ? { timestamp: last.timestamp, id: last.id } : source.query.after;
  const { events, complete } = await read({ ...source.query, limit, ...(after && { after }) }, maxBytes);
  source.held = events;
  source.complete = complete;
}

function byFirst({ held: [a] }: Source, { held: [b] }: Source): number {
  if (!a || !b) return 0;
  const [later, earlier] = [-1, 1];
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? later : earlier;
  return a.id > b.id ? later : earlier;
}
