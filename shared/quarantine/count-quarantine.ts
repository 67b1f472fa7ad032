import { readParameters, refuseReversed } from "../http/parameters.ts";
import type { Principal } from "../identity/principal.ts";
import { reached } from "../runtime/reached.ts";
import { createPlace, type ListDeps } from "./list-quarantine.ts";
import { quarantineCountParameters, toQuery } from "./quarantine-parameters.ts";
import type { QuarantineQuery, QuarantineSummary } from "./quarantine-store.ts";
import { type SummaryView, toSummaryView } from "./quarantine-view.ts";

export interface QuarantineCounts {
  /** Documents that were counted: an envelope that cannot be read is one. */
  readonly total: number;
  /** The largest first. */
  readonly groups: readonly QuarantineGroup[];
  /** Where the count goes on, with the same filters; null when it is whole. */
  readonly next_cursor: string | null;
}

export interface QuarantineGroup {
  readonly code: SummaryView["code"];
  /** Null where it could not be read. */
  readonly event_type: string | null;
  readonly count: number;
  readonly first_received_at: string;
  readonly last_received_at: string;
  /** The newest. */
  readonly example: SummaryView;
}

/** Documents that one answer counts, and groups that it has at most: some RU, and some hundred KB. */
const MOST_COUNTED = 10_000;
const MOST_GROUPS = 500;
/** Documents that are asked for at once. */
const ROUND = 1_000;

/**
 * What an org has in quarantine, by code and type, with an example of each. Counts so many documents, newest first, and
 * then says where to go on: the sum of all answers is exact, as far as nothing came or went meanwhile. Throws AppError
 * `invalid_parameter`, `invalid_cursor` or `store_unavailable`.
 */
export async function countQuarantine(
  { quarantine, keys }: ListDeps,
  { orgId }: Principal,
  query: URLSearchParams,
): Promise<QuarantineCounts> {
  const asked = readParameters(quarantineCountParameters, query);
  refuseReversed(asked);
  const place = createPlace(keys, orgId, "count", asked);
  const { counter, isFull } = await countGroups(quarantine, orgId, { ...toQuery(asked), ...place.after });
  if (isFull) reached("quarantine-counted-in-part");
  return { ...toCounts(counter), next_cursor: isFull ? place.next(counter.last()) : null };
}

/** What a filter finds. `is_whole`: there is no more of it. */
export type FoundCounts = Pick<QuarantineCounts, "total" | "groups"> & { readonly is_whole: boolean };

/** The same for those who only want to know how much a filter finds. Throws AppError `store_unavailable`. */
export async function countFound(
  quarantine: ListDeps["quarantine"],
  orgId: string,
  query: Omit<QuarantineQuery, "limit">,
): Promise<FoundCounts> {
  const { counter, isFull } = await countGroups(quarantine, orgId, query);
  return { ...toCounts(counter), is_whole: !isFull };
}

async function countGroups(
  quarantine: ListDeps["quarantine"],
  orgId: string,
  query: Omit<QuarantineQuery, "limit">,
): Promise<{ readonly counter: Counter; readonly isFull: boolean }> {
  const counter = createCounter();
  let { after } = query;
  for (;;) {
    const found = await quarantine.query(orgId, { ...query, ...(after && { after }), limit: ROUND });
    const isFull = !counter.add(found);
    const last = counter.last();
    if (isFull || !last || found.length < ROUND) return { counter, isFull };
    after = { receivedAt: last.received_at, id: last.id };
  }
}

interface Group {
  readonly example: QuarantineSummary;
  oldest: QuarantineSummary;
  count: number;
}

function createCounter() {
  const groups = new Map<string, Group>();
  let total = 0;
  let last: QuarantineSummary | undefined;
  const addOne = (one: QuarantineSummary): boolean => {
    const key = JSON.stringify([one.code, one.event_type]);
    const group = groups.get(key);
    if (total === MOST_COUNTED || (!group && groups.size === MOST_GROUPS)) return false;
    if (group) Object.assign(group, { oldest: one, count: group.count + 1 });
    else groups.set(key, { example: one, oldest: one, count: 1 });
    total++;
    last = one;
    return true;
  };
  return {
    /** False when one of them did not go in any more. */
    add: (found: readonly QuarantineSummary[]): boolean => found.every(addOne),
    /** The last one that was counted. */
    last: () => last,
    total: () => total,
    groups: () => [...groups.values()],
  };
}

type Counter = ReturnType<typeof createCounter>;

function toCounts(counter: Counter): Pick<QuarantineCounts, "total" | "groups"> {
  const groups = counter.groups().sort((a, b) => b.count - a.count);
  return { total: counter.total(), groups: groups.map(toGroup) };
}

function toGroup({ example, oldest, count }: Group): QuarantineGroup {
  return {
    code: example.code,
    event_type: example.event_type ?? null,
    count,
    first_received_at: oldest.received_at,
    last_received_at: example.received_at,
    example: toSummaryView(example),
  };
}
