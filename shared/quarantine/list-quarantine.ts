import { signCursor, verifyCursor } from "../http/cursor.ts";
import { readParameters, refuseReversed } from "../http/parameters.ts";
import type { Principal } from "../identity/principal.ts";
import type { KeyRing } from "../receipt/key-ring.ts";
import { type Filters, quarantineParameters, toQuery } from "./quarantine-parameters.ts";
import type { QuarantineStore, QuarantineSummary } from "./quarantine-store.ts";
import { type SummaryView, toSummaryView } from "./quarantine-view.ts";

export interface ListDeps {
  readonly quarantine: Pick<QuarantineStore, "query">;
  readonly keys: KeyRing;
}

export interface QuarantinePage {
  readonly events: readonly SummaryView[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/**
 * A page of what an org has in quarantine, newest first. Throws AppError `invalid_parameter`, `invalid_cursor` or
 * `store_unavailable`.
 */
export async function listQuarantine(
  { quarantine, keys }: ListDeps,
  { orgId }: Principal,
  query: URLSearchParams,
): Promise<QuarantinePage> {
  const { limit, ...asked } = readParameters(quarantineParameters, query);
  refuseReversed(asked);
  const place = createPlace(keys, orgId, "list", asked);
  const found = await quarantine.query(orgId, { ...toQuery(asked), ...place.after, limit: limit + 1 });
  const page = found.slice(0, limit);
  return {
    events: page.map(toSummaryView),
    next_cursor: found.length > limit ? place.next(page.at(-1)) : null,
  };
}

/** Where a list goes on, by a cursor that is bound to the org, the filters and what is asked. */
export function createPlace(keys: KeyRing, orgId: string, what: string, { cursor, ...asked }: Filters) {
  const { code, event_type, from, to } = asked;
  const filters = JSON.stringify(["quarantine", what, code, event_type, from, to]);
  const known = cursor === undefined ? undefined : verifyCursor(keys, orgId, filters, cursor);
  return {
    after: known ? { after: { receivedAt: known.timestamp, id: known.id } } : undefined,
    next: (last: Pick<QuarantineSummary, "received_at" | "id"> | undefined): string | null =>
      last ? signCursor(keys, orgId, filters, { timestamp: last.received_at, id: last.id }) : null,
  };
}
