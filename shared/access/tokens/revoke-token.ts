import { AppError } from "../../errors.ts";
import type { KeyRings } from "../../secrets/key-rings.ts";
import { type Actor, auditDocument } from "../documents/audit-entry.ts";
import type { IdentityDocuments } from "../documents/identity-documents.ts";
import type { Revoke } from "../revocations/revocations.ts";
import { isTokenIdOf, timeOfTokenId } from "./token-id.ts";

export interface RevokeTokenDeps {
  readonly documents: Pick<IdentityDocuments, "commit">;
  readonly keyRings: KeyRings;
  readonly revoke: Revoke;
  readonly now: () => number;
}

/**
 * Ends the access token of this `jti`, and no other token of its owner. Throws AppError `token_not_found` for an id
 * that was never issued to this org, `secrets_unavailable` or `store_unavailable`; calling it again is safe.
 */
export async function revokeToken(deps: RevokeTokenDeps, actor: Actor, orgId: string, tokenId: string): Promise<void> {
  const { documents, revoke, now } = deps;
  if (!(await wasIssued(deps, orgId, tokenId)))
    throw new AppError("token_not_found", "that is not the `jti` of an access token of this org");
  // The trail comes first: a change may be told twice, but never left out.
  const audit = auditDocument(orgId, actor, now(), { action: "token.revoked", target: `token:${tokenId}` });
  await documents.commit(orgId, [{ create: audit }]);
  // The clock of whoever issued it may be ahead.
  await revoke({ kind: "token", orgId, tokenId }, Math.max(now(), timeOfTokenId(tokenId) + 1));
}

async function wasIssued({ keyRings }: RevokeTokenDeps, orgId: string, tokenId: string): Promise<boolean> {
  if (isTokenIdOf(await keyRings.current(), orgId, tokenId)) return true;
  // Perhaps by a key that is newer than what this instance holds.
  return isTokenIdOf(await keyRings.knowing(tokenId), orgId, tokenId);
}
