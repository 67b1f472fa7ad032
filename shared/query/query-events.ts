import { z } from "zod";
import { AppError } from "../errors.ts";
import { documentIdOf } from "../event/document-id.ts";
import type { EventDocument, EventQuery, EventStore } from "../event/event-store.ts";
import { signCursor, verifyCursor } from "../http/cursor.ts";
import {
  namesParameter,
  readParameters,
  refuseReversed,
  severalParameter,
  timeParameter,
  wholeNumberParameter,
} from "../http/parameters.ts";
import type { Principal } from "../identity/principal.ts";
import type { KeyRing } from "../receipt/key-ring.ts";
import type { RegistryStore } from "../schema/registry/registry-store.ts";
import type { ColumnName } from "../store/columns.ts";
import { type MappedEvent, openReadAs } from "./read-as.ts";
import { openWhere } from "./read-where.ts";

/** Values of one filter. Each of several people or types is a query of its own. */
const MAX_VALUES = 10;
/** What can be asked for of an event: all that a reader sees. */
const fields = [
  ...(["event_id", "event_type", "timestamp", "original_timestamp", "schema_version"] as const),
  ...(["user_id", "anonymous_id", "session_id", "properties", "context", "schema_warnings"] as const),
  ...(["received_at", "receipt_id"] as const),
] satisfies EventQuery["fields"];

export const eventsParameters = z.object({
  from: timeParameter.optional(),
  to: timeParameter.optional(),
  event_type: severalParameter(z.string().min(1), MAX_VALUES).optional(),
  user_id: severalParameter(z.string().min(1), MAX_VALUES).optional(),
  schema_version: severalParameter(wholeNumberParameter(1, 1_000_000), MAX_VALUES).optional(),
  /** `<path>:<value>`, of paths that the one type that is asked for promotes. */
  where: severalParameter(z.string().max(2_000), MAX_VALUES).optional(),
  select: namesParameter(fields).optional(),
  /** A version of the one type that is asked for: older events are read in its shape. */
  as_version: wholeNumberParameter(1, 1_000_000).optional(),
  format: z.enum(["json", "ndjson"]).default("json"),
  limit: wholeNumberParameter(1, 1_000).default(100),
  cursor: z.string().min(1).max(2_000).optional(),
  /** Any event can be read by it, also one whose id no path can carry. */
  event_id: z.string().min(1).optional(),
});

export interface QueryDeps {
  readonly events: EventStore;
  readonly registry: Pick<RegistryStore, "catchUp" | "readType">;
  readonly keys: KeyRing;
}

type Unseen = "id" | "org_id" | "index" | "quarantined" | "content_hash" | "v" | ColumnName;

/** An event as a reader sees it: without what only the store needs. One of a newer release may have more fields. */
export type EventView = Omit<EventDocument, Unseen> & {
  /** The version that it is stored in, where it was asked for in the shape of another one. */
  readonly mapped_from?: number;
};

export interface EventPage {
  /** With all of their fields, or those that were asked for. */
  readonly events: readonly (EventView | Partial<EventView>)[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
  /**
   * Where `where` was asked for: of events that were received before this time, some may be missing. Null: none is.
   */
  readonly complete_from?: string | null;
}

/** What an event is read in another shape by. */
const MAPPED = ["schema_version", "properties"] as const;

/** Bounds that every RFC 3339 time in UTC lies within, as text. */
const FIRST = "0000";
const LAST = "A";

/**
 * A page of an org's events, newest first. Throws AppError `invalid_parameter`, `invalid_cursor` or
 * `store_unavailable`.
 */
export async function queryEvents(deps: QueryDeps, principal: Principal, query: URLSearchParams): Promise<EventPage> {
  const parameters = readParameters(eventsParameters, query);
  const { cursor, limit, from, to, event_id, select, as_version: asVersion } = parameters;
  refuseReversed({ from, to });
  if (event_id !== undefined) return pageOfOne(deps.events, principal, event_id, query);
  const { eventTypes, userIds, schemaVersions } = filtersOf(parameters);
  const where = parameters.where?.toSorted();
  const asked = [from, to, toOne(eventTypes), toOne(userIds), toOne(schemaVersions)];
  const filters = JSON.stringify(where ? [...asked, where] : asked);
  const readAs =
    asVersion === undefined
      ? undefined
      : await openReadAs(deps.registry, principal.orgId, { asVersion, eventTypes, schemaVersions });
  const found = where && (await openWhere(deps.registry, principal.orgId, where, eventTypes));
  const fields = select && readAs ? [...new Set([...select, ...MAPPED])] : select;
  const page = await deps.events.query(principal.orgId, {
    from: from === undefined ? FIRST : new Date(from).toISOString(),
    to: to === undefined ? LAST : new Date(to).toISOString(),
    limit,
    ...(eventTypes && { eventTypes }),
    ...(userIds && { userIds }),
    ...(schemaVersions && { schemaVersions }),
    ...(found && { columns: found.columns }),
    ...(fields && { fields }),
    ...(cursor === undefined ? undefined : { after: verifyCursor(deps.keys, principal.orgId, filters, cursor) }),
  });
  const last = page.events.at(-1);
  const more = !page.complete && last !== undefined;
  return {
    events: page.events.map((stored) => {
      const event = readAs?.(stored) ?? stored;
      return select ? pick(event, select) : toView(event);
    }),
    next_cursor: more ? signCursor(deps.keys, principal.orgId, filters, last) : null,
    ...(found && { complete_from: found.completeFrom }),
  };
}

/** A cursor goes with the same values in any order. */
function filtersOf({ event_type, user_id, schema_version }: z.output<typeof eventsParameters>) {
  const inOrder = <T>(values: readonly T[] | undefined): T[] | undefined => values && [...new Set(values)].sort();
  return { eventTypes: inOrder(event_type), userIds: inOrder(user_id), schemaVersions: inOrder(schema_version) };
}

/** Cursors from before there were several values have the one as it is. */
function toOne<T>(values: readonly T[] | undefined): T | readonly T[] | undefined {
  return values?.length === 1 ? values[0] : values;
}

function pick(event: MappedEvent, select: readonly (keyof EventView)[]): Partial<EventView> {
  const names = select.includes("properties") ? [...select, "mapped_from" as const] : select;
  return Object.fromEntries(names.flatMap((name) => (event[name] === undefined ? [] : [[name, event[name]]])));
}

async function pageOfOne(
  events: EventStore,
  principal: Principal,
  eventId: string,
  query: URLSearchParams,
): Promise<EventPage> {
  if (query.size > 1) {
    throw new AppError("invalid_parameter", "`event_id` names one event: it goes with no other parameter", {
      members: { parameter: "event_id" },
    });
  }
  const found = await findEvent(events, principal, eventId);
  return { events: found ? [toView(found)] : [], next_cursor: null };
}

/** Throws AppError `event_not_found` or `store_unavailable`. */
export async function readEvent(events: EventStore, principal: Principal, eventId: string): Promise<EventView> {
  const found = await findEvent(events, principal, eventId);
  if (!found) throw new AppError("event_not_found", "no event is stored under this id");
  return toView(found);
}

async function findEvent(
  events: EventStore,
  { orgId }: Principal,
  eventId: string,
): Promise<EventDocument | undefined> {
  const found = await events.read(orgId, documentIdOf(eventId));
  return found?.event_id === eventId ? found : undefined;
}

function toView(document: MappedEvent): EventView {
  const { id, org_id, index, quarantined, content_hash, v, p1, p2, p3, p4, p5, ...view } = document as EventDocument;
  return view;
}
