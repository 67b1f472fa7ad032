import type { EventProblemCode } from "../errors.ts";
import type { AcceptedEvent } from "../event/event.ts";

/** What ends an event's time in quarantine. */
export type ActKind = "discarded" | "expired" | "replayed";

/**
 * An act on an event in quarantine. It stands in the event's document from its decision to its end, so that of several
 * acts at once one is decided, by the document's ETag, and every try of it does and tells the same.
 */
export interface QuarantineAct {
  readonly what: ActKind;
  /** RFC 3339: when it was decided. */
  readonly at: string;
  readonly reason?: string;
  /** The job that decided it, which may look again at what it has done. */
  readonly job_id?: string;
  /** Who, for the audit trail; not where time alone does it. */
  readonly by?: ActBy;
  /** Of one that is replayed. */
  readonly replay?: Replay;
}

/** The event as it will be stored, whoever completes it; and what tells this replay from every other one of it. */
export interface Replay {
  readonly event: AcceptedEvent;
  readonly try: string;
  /** Its `properties` were changed by a mapping that came with the replay. */
  readonly mapped?: true;
}

/** Why the last replay of an event left it where it is. */
export interface Tried {
  /** RFC 3339. */
  readonly at: string;
  readonly code: EventProblemCode;
  readonly path: string;
  readonly message: string;
  /** The job that tried it. */
  readonly job_id?: string;
}

/** More than an org has jobs at once. */
const JOBS_KEPT = 8;

/** What a document says when an event was tried in vain; besides, who did so. */
export function toTried<D extends { readonly tried_by?: readonly string[] }>(document: D, tried: Tried) {
  const { job_id } = tried;
  const before = (document.tried_by ?? []).filter((one) => one !== job_id);
  return { ...document, tried, ...(job_id && { tried_by: [...before, job_id].slice(-JOBS_KEPT) }) };
}

interface ActBy {
  readonly subject: string;
  readonly client_address: string;
  readonly request_id: string;
  /** Of the line in the trail: whoever tells it again tells the same one. */
  readonly audit_id: string;
}

/** The line of the audit trail that tells of an act. */
export interface ActLine {
  readonly auditId: string;
  readonly at: string;
  readonly action: "event.discarded" | "event.replayed";
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly actor: { readonly subject: string; readonly clientAddress: string; readonly requestId: string };
}

/** Writes the line, unless it is there. Throws AppError `store_unavailable`. */
export type TellAct = (orgId: string, line: ActLine) => Promise<void>;
