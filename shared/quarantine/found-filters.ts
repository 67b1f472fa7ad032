import { z } from "zod";
import { refuseReversed } from "../http/parameters.ts";
import { countFound, type FoundCounts } from "./count-quarantine.ts";
import { quarantineFilters, toQuery } from "./quarantine-parameters.ts";
import type { QuarantineQuery, QuarantineStore } from "./quarantine-store.ts";

/** What a job on a part of the quarantine is about, as the job keeps it. */
export const foundParameters = {
  code: quarantineFilters.code,
  event_type: z.string().optional(),
  /** RFC 3339, as the store compares them; without `from`, as far back as there is anything. */
  from: z.string().optional(),
  to: z.string(),
};
const filtersSchema = z.object(foundParameters);
export type FoundFilters = z.output<typeof filtersSchema>;

const askedSchema = z.object(quarantineFilters);

/** What a filter finds now. */
export interface Found {
  readonly counts: FoundCounts;
  readonly filters: FoundFilters;
  /** For the job: null where there is more than was counted. */
  readonly total: number | null;
}

export interface FindFoundDeps {
  readonly quarantine: Pick<QuarantineStore, "query">;
  readonly now: () => number;
}

/**
 * What of an org's quarantine a filter finds now. What comes later is not meant: the filters end before it. Throws
 * AppError `invalid_parameter` or `store_unavailable`.
 */
export async function findNow(
  { quarantine, now }: FindFoundDeps,
  orgId: string,
  asked: z.output<typeof askedSchema>,
): Promise<Found> {
  refuseReversed(asked);
  const { code, event_type } = asked;
  const to = new Date(Math.min(asked.to ?? Number.POSITIVE_INFINITY, now())).toISOString();
  const from = asked.from === undefined ? undefined : new Date(asked.from).toISOString();
  const filters = { ...(code && { code }), ...(event_type && { event_type }), ...(from && { from }), to };
  const counts = await countFound(quarantine, orgId, toFoundQuery(filters));
  return { counts, filters, total: counts.is_whole ? counts.total : null };
}

export function toFoundQuery({ code, event_type, from, to }: FoundFilters): Omit<QuarantineQuery, "limit"> {
  return toQuery({ code, event_type, to: Date.parse(to), ...(from && { from: Date.parse(from) }) });
}
