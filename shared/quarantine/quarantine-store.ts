import type { RawContent } from "../envelope/content.ts";
import type { LegibleFields } from "../envelope/legible-fields.ts";
import type { EventProblemCode } from "../errors.ts";
import type { Deadline } from "../runtime/deadline.ts";
import type { Formatted } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";

/** An event that could not be stored as it is, whole, with the reason. Expires after 30 days. */
export interface QuarantineDocument extends LegibleFields, Formatted {
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
}

export interface QuarantineStore {
  /** Creates each document that is not there yet, until the time is over; one result for each, in order. */
  create(documents: readonly QuarantineDocument[], deadline?: Deadline): Promise<WriteResult[]>;
  /** Throws AppError `store_unavailable` when the store does not answer. */
  read(orgId: string, id: string): Promise<QuarantineDocument | undefined>;
}
