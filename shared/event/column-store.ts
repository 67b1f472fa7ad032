import type { Deadline } from "../runtime/deadline.ts";
import type { Columns } from "../store/columns.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { EventDocument, EventQuery } from "./event-store.ts";

/** Events of one type, newest first. */
export interface TypeQuery {
  readonly eventType: string;
  readonly after?: EventQuery["after"];
  readonly limit: number;
}

/** An event, with what its type may promote and what it is found by. */
export interface EventWithColumns extends Pick<EventDocument, "id" | "timestamp" | "properties">, Columns {
  readonly etag: string;
  /** Only a newer release can read it. */
  readonly isNewer?: boolean;
}

export interface ColumnsChange {
  readonly id: string;
  readonly etag: string;
  /** One at least. */
  readonly columns: Columns;
}

/** What stored events are found by. */
export interface ColumnStore {
  /**
   * May give fewer than `limit` when they are large; `complete` says whether that was all. Throws AppError
   * `store_unavailable`.
   */
  list(
    orgId: string,
    query: TypeQuery,
  ): Promise<{ readonly events: readonly EventWithColumns[]; readonly complete: boolean }>;
  /**
   * Sets columns of documents that have these ETags; `conflict` when another one is there by now, or none. Whatever
   * else an event has stays. One result for each, in order. Never throws for an answer of the store.
   */
  set(orgId: string, changes: readonly ColumnsChange[], deadline: Deadline): Promise<WriteResult[]>;
}
