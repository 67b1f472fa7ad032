import { AppError } from "../../errors.ts";
import { type Actor, auditDocument } from "../documents/audit-entry.ts";
import type { IdentityDocuments } from "../documents/identity-documents.ts";
import type { Revoke } from "../revocations/revocations.ts";

export interface RevokeTokenDeps {
  readonly documents: Pick<IdentityDocuments, "commit">;
  readonly revoke: Revoke;
  readonly now: () => number;
}

/** The form of issued ids: a UUID. */
const TOKEN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Ends the access token of this `jti`, and no other token of its owner. Nobody keeps a list of tokens, so an id that
 * was never issued is ended as well. Throws AppError `token_not_found` or `store_unavailable`; calling it again is
 * safe.
 */
export async function revokeToken(
  { documents, revoke, now }: RevokeTokenDeps,
  actor: Actor,
  orgId: string,
  tokenId: string,
): Promise<void> {
  if (!TOKEN_ID.test(tokenId)) throw new AppError("token_not_found", "that is not the `jti` of an access token");
  // The trail comes first: a change may be told twice, but never left out.
  const audit = auditDocument(orgId, actor, now(), { action: "token.revoked", target: `token:${tokenId}` });
  await documents.commit(orgId, [{ create: audit }]);
  await revoke({ kind: "token", orgId, tokenId }, now());
}
