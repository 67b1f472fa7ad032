import { z } from "zod";
import { signCursor, verifyCursor } from "../../http/cursor.ts";
import { readParameters, refuseReversed, timeParameter, wholeNumberParameter } from "../../http/parameters.ts";
import type { Principal } from "../../identity/principal.ts";
import type { KeyRings } from "../../secrets/key-rings.ts";
import { auditActions } from "../documents/audit-action.ts";
import type { AuditDocument, IdentityDocuments } from "../documents/identity-documents.ts";

export const auditParameters = z.object({
  action: z.enum(auditActions).optional(),
  actor: z.string().min(1).max(200).optional(),
  from: timeParameter.optional(),
  to: timeParameter.optional(),
  limit: wholeNumberParameter(1, 1_000).default(100),
  cursor: z.string().min(1).max(2_000).optional(),
});

export type AuditView = { readonly audit_id: string } & Pick<
  AuditDocument,
  "timestamp" | "action" | "actor" | "target" | "details" | "client_address" | "request_id"
>;

export interface AuditPage {
  readonly entries: readonly AuditView[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

export interface QueryAuditDeps {
  readonly documents: IdentityDocuments;
  readonly keyRings: KeyRings;
}

/**
 * A page of an org's audit trail, newest first. Throws AppError `invalid_parameter`, `invalid_cursor` or
 * `store_unavailable`.
 */
export async function queryAudit(
  { documents, keyRings }: QueryAuditDeps,
  { orgId }: Principal,
  query: URLSearchParams,
): Promise<AuditPage> {
  const { action, actor, from, to, limit, cursor } = readParameters(auditParameters, query);
  refuseReversed({ from, to });
  const keys = await keyRings.knowing(cursor ?? null);
  const filters = JSON.stringify(["audit", action, actor, from, to]);
  const found = await documents.findAudit(orgId, {
    limit: limit + 1,
    ...(action === undefined ? undefined : { action }),
    ...(actor === undefined ? undefined : { actor }),
    ...(from === undefined ? undefined : { from: new Date(from).toISOString() }),
    ...(to === undefined ? undefined : { to: new Date(to).toISOString() }),
    ...(cursor === undefined ? undefined : { after: verifyCursor(keys, orgId, filters, cursor) }),
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page.map(toView),
    next_cursor: last && found.length > limit ? signCursor(keys, orgId, filters, last) : null,
  };
}

function toView(entry: AuditDocument): AuditView {
  const { id, timestamp, action, actor, target, details, client_address, request_id } = entry;
  return { audit_id: id.slice("audit:".length), timestamp, action, actor, target, details, client_address, request_id };
}
