import { AppError } from "../../errors.ts";
import type { RequireCurrent } from "../../identity/principal.ts";
import { type OrgScope, roleScopes } from "../../identity/roles.ts";
import { readScopes } from "../../identity/stored-scopes.ts";
import type { IdentityDocuments } from "./identity-documents.ts";

/**
 * A token says what was granted when it was issued. A cut-off takes up to 30 seconds to reach every instance. In that
 * time, someone who is being removed could make themselves an admin again, or make a key. So a change that outlives the
 * token is not made on the token's word alone, and not on that of a replica that lags.
 */
export function createRequireCurrent(
  documents: Pick<IdentityDocuments, "catchUp" | "read">,
  { now }: { readonly now: () => number },
): RequireCurrent {
  return async ({ orgId, subject, sessionId }, needed) => {
    await documents.catchUp(orgId);
    const scopes = subject.startsWith("key:")
      ? await scopesOfKey(documents, orgId, subject, now())
      : await scopesOfMember(documents, orgId, subject, sessionId);
    if (scopes.includes(needed)) return;
    throw new AppError("credential_invalid", "the credential was revoked, or what it may do has changed", {
      reason: `${subject} has \`${needed}\` no more`,
    });
  };
}

async function scopesOfMember(
  documents: Pick<IdentityDocuments, "read">,
  orgId: string,
  id: string,
  sessionId: string | undefined,
): Promise<readonly OrgScope[]> {
  const [member, session] = await Promise.all([
    documents.read("member", orgId, id),
    sessionId === undefined ? undefined : documents.read("session", orgId, `session:${sessionId}`),
  ]);
  const isIn = session !== undefined && session.value.ended_at === undefined;
  return member && member.value.removed_at === undefined && isIn ? roleScopes[member.value.role] : [];
}

async function scopesOfKey(
  documents: Pick<IdentityDocuments, "read">,
  orgId: string,
  id: string,
  at: number,
): Promise<readonly OrgScope[]> {
  const found = await documents.read("api_key", orgId, id);
  if (!found || found.value.revoked_at !== undefined) return [];
  const { expires_at, scopes } = found.value;
  return expires_at === undefined || at < Date.parse(expires_at) ? readScopes(scopes).scopes : [];
}
