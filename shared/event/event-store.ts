import type { Deadline } from "../runtime/deadline.ts";
import type { ColumnName } from "../store/columns.ts";
import type { Formatted } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { Occupant, QuarantineMark } from "./decide-outcome.ts";
import type { AcceptedEvent } from "./event.ts";

/** An event as it is stored. */
export interface EventDocument extends AcceptedEvent, Formatted {
  readonly id: string;
  readonly org_id: string;
  readonly received_at: string;
  /** The envelope that stored it, and its place in there. */
  readonly receipt_id: string;
  readonly index: number;
  /** Events with this id that were quarantined before; see `decideOutcome`. */
  readonly quarantined?: readonly QuarantineMark[];
}

/** Holds the id of an event that was quarantined on the way into the store. No query sees it: it has no `timestamp`. */
export interface Tombstone extends Formatted {
  readonly id: string;
  readonly org_id: string;
  readonly receipt_id: null;
  readonly quarantined: readonly QuarantineMark[];
  /** Seconds; longer than anything can be delivered again. */
  readonly ttl: number;
}

export interface ColumnFilter {
  readonly column: ColumnName;
  readonly values: readonly string[];
}

export interface EventQuery {
  /** RFC 3339, UTC, milliseconds; inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** Of each of these filters one value is enough. None stands twice, and a list that is there has one. */
  readonly eventTypes?: readonly string[];
  readonly userIds?: readonly string[];
  readonly schemaVersions?: readonly number[];
  /** Of each of these columns one value is enough. None stands twice. */
  readonly columns?: readonly ColumnFilter[];
  /** Only events after this one in the order newest first, then by id descending. */
  readonly after?: { readonly timestamp: string; readonly id: string };
  readonly limit: number;
  /** What of an event is wanted beside its id and time; all of it when this is absent. */
  readonly fields?: readonly (keyof AcceptedEvent | "received_at" | "receipt_id")[];
}

/** An event, or what was asked for of it. */
export type FoundEvent = Pick<EventDocument, "id" | "timestamp"> & Partial<EventDocument>;

export interface FoundEvents {
  readonly events: readonly FoundEvent[];
  /** Whether there are no more. */
  readonly complete: boolean;
}

/** Stored events. Reading throws AppError `store_unavailable` when the store does not answer. */
export interface EventStore {
  /** Creates each document that is not there yet, until the time is over; one result for each, in order. */
  create(documents: readonly (EventDocument | Tombstone)[], deadline?: Deadline): Promise<WriteResult[]>;
  /** The documents under these ids of an org. */
  findOccupants(orgId: string, ids: readonly string[]): Promise<ReadonlyMap<string, Occupant>>;
  /** Replaces the document that has this ETag; `conflict` when another one is there by now. */
  replace(document: EventDocument | Tombstone, etag: string): Promise<WriteResult>;
  read(orgId: string, id: string): Promise<EventDocument | undefined>;
  /** Newest first. May return fewer than `limit` when they are large; `complete` says whether that was all. */
  query(orgId: string, query: EventQuery): Promise<FoundEvents>;
}
