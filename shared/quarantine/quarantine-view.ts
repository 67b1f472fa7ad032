import type { EventProblemCode } from "../errors.ts";
import { keptUntil } from "./kept-until.ts";
import type { QuarantineDocument, QuarantineSummary } from "./quarantine-store.ts";

/** An event in quarantine as lists show it. What could not be read of it is not there. */
export interface SummaryView {
  readonly quarantine_id: string;
  readonly receipt_id: string;
  /** Its place in the batch; null for an envelope that cannot be read, which stands for all of its events. */
  readonly index: number | null;
  readonly received_at: string;
  readonly expires_at: string;
  readonly code: EventProblemCode;
  readonly path: string;
  readonly message: string;
  readonly event_id?: string;
  readonly event_type?: string;
  readonly user_id?: string;
  readonly schema_version?: number;
}

export function toSummaryView(document: QuarantineSummary | QuarantineDocument): SummaryView {
  const { id, receipt_id, index, received_at, code, path, message } = document;
  const { event_id, event_type, user_id, schema_version } = document;
  return {
    quarantine_id: id,
    receipt_id,
    index,
    received_at,
    expires_at: new Date(keptUntil(document)).toISOString(),
    code,
    path,
    message,
    ...(event_id === undefined ? undefined : { event_id }),
    ...(event_type === undefined ? undefined : { event_type }),
    ...(user_id === undefined ? undefined : { user_id }),
    ...(schema_version === undefined ? undefined : { schema_version }),
  };
}
