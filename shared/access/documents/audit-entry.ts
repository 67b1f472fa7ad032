import { uuidv7 } from "../../runtime/uuid.ts";
import type { AuditAction } from "./audit-action.ts";
import type { AuditDocument } from "./identity-documents.ts";

/** The actor of a change: the principal, the address that it came from, and the request. */
export interface Actor {
  /** The principal's subject: `member:<id>`, `key:<id>` or `operator:<id>`. */
  readonly subject: string;
  readonly clientAddress: string;
  readonly requestId: string;
}

export interface AuditEntry {
  readonly action: AuditAction;
  readonly target: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The line of the trail, to be written in the same transaction as what it tells of. `at` is in ms since 1970. */
export function auditDocument(
  orgId: string,
  actor: Actor,
  at: number,
  entry: AuditEntry,
  id = `audit:${uuidv7(at)}`,
): AuditDocument {
  return {
    id,
    org_id: orgId,
    kind: "audit",
    timestamp: new Date(at).toISOString(),
    action: entry.action,
    actor: actor.subject,
    target: entry.target,
    details: entry.details ?? {},
    client_address: actor.clientAddress,
    request_id: actor.requestId,
  };
}
