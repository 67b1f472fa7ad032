import type { OfRequest, RawContent } from "../envelope/content.ts";
import type { LegibleFields } from "../envelope/legible-fields.ts";
import type { EventProblemCode } from "../errors.ts";
import type { OutcomeName } from "../ledger/outcome-counts.ts";
import type { Deadline } from "../runtime/deadline.ts";
import type { Formatted } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { QuarantineAct, Tried } from "./quarantine-act.ts";

/** An event that could not be stored as it is, whole, with the reason. The sweep ends it after 30 days. */
export interface QuarantineDocument extends LegibleFields, OfRequest, Formatted {
  /** `<receipt id>:<index>`; `<receipt id>:all` for an envelope that cannot be read. */
  readonly id: string;
  readonly org_id: string;
  readonly receipt_id: string;
  readonly index: number | null;
  readonly received_at: string;
  readonly code: EventProblemCode;
  readonly path: string;
  readonly message: string;
  /** The event; or the blob that holds it, when it is too large for a document. */
  readonly raw: RawContent | { readonly blob: string };
  /** What somebody has begun to do with it, and nobody has seen the end of. Whoever comes next completes it. */
  readonly act?: QuarantineAct;
  readonly tried?: Tried;
  /** The jobs that tried it and left it here, the last ones: none of them tries it again. */
  readonly tried_by?: readonly string[];
  /** Seconds since the last write; none in what releases up to 0.7.0 wrote, which goes after 30 days. */
  readonly ttl?: number;
}

/**
 * What is left of a document whose event has moved on: its id, so that a slow try of the pipeline does not make the
 * document again. No list sees it, since it has no `received_at`, and no account counts it.
 */
export interface QuarantineRemains extends Formatted {
  readonly id: string;
  readonly org_id: string;
  readonly receipt_id: null;
  readonly ended: Pick<QuarantineAct, "what" | "at" | "job_id"> & {
    /** Of a replay, what became of the event. */
    readonly to?: OutcomeName;
  };
  /** Seconds; longer than anything can be delivered again. */
  readonly ttl: number;
}

export type Etagged<T> = T & { readonly etag: string };

/** A document as lists have it: without the event itself, which may be large. */
export type QuarantineSummary = Omit<QuarantineDocument, "raw" | "act" | "tried" | "tried_by" | "v" | keyof OfRequest>;

export type OlderDocument = Pick<QuarantineDocument, "id" | "org_id" | "received_at" | "ttl">;

/** Documents of all orgs, by org and then the oldest first. */
export interface OlderQuery {
  /** RFC 3339, UTC, milliseconds: what was received before it. */
  readonly before: string;
  /** Only orgs behind this one; or of this one, what is behind `received`. */
  readonly orgId: string;
  readonly received?: Pick<OlderDocument, "received_at" | "id">;
  readonly limit: number;
}

export interface QuarantineQuery {
  /** RFC 3339, UTC, milliseconds; inclusive. Of the receipt, as `to`. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  readonly code?: string;
  /** Documents of releases up to 0.4.0 have none. */
  readonly eventType?: string;
  /** Only documents after this one in the order newest first, then by id descending. */
  readonly after?: { readonly receivedAt: string; readonly id: string };
  readonly limit: number;
}

export interface QuarantineStore {
  /** Creates each document that is not there yet, until the time is over; one result for each, in order. */
  create(documents: readonly QuarantineDocument[], deadline?: Deadline): Promise<WriteResult[]>;
  /** Throws AppError `store_unavailable` when the store does not answer. */
  read(orgId: string, id: string): Promise<Etagged<QuarantineDocument | QuarantineRemains> | undefined>;
  /** Replaces the document that has this ETag; `conflict` when it has changed or is gone. */
  replace(document: QuarantineDocument | QuarantineRemains, etag: string): Promise<WriteResult>;
  /** Deletes the document that has this ETag; `conflict` when it has changed or is gone. */
  delete(orgId: string, id: string, etag: string): Promise<WriteResult>;
  /** Fewer than `limit` only where there are no more. Throws AppError `store_unavailable`. */
  findOlder(query: OlderQuery): Promise<readonly OlderDocument[]>;
  /** Newest first; fewer than `limit` only where there are no more. Throws AppError `store_unavailable`. */
  query(orgId: string, query: QuarantineQuery): Promise<readonly QuarantineSummary[]>;
}
