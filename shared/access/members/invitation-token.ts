import { createHash, randomBytes } from "node:crypto";
import { isOrgId } from "../../identity/org-id.ts";

/**
 * `hri_<org>_<secret>`: the org in clear, so that it finds its own partition, and 256 random bits. Kept as its SHA-256
 * only.
 */
export interface InvitationReference {
  readonly orgId: string;
  /** SHA-256 of the whole token, base64url: names the invitation without giving it away. */
  readonly invitationId: string;
}

export function makeInvitationToken(orgId: string): InvitationReference & { readonly token: string } {
  const token = `hri_${orgId}_${randomBytes(32).toString("base64url")}`;
  return { token, orgId, invitationId: hashOf(token) };
}

/** Undefined for a text that does not look like an invitation token. */
export function parseInvitationToken(token: string): InvitationReference | undefined {
  const [, orgId] = /^hri_([^_]{1,64})_[\w-]{43}$/.exec(token) ?? [];
  return orgId !== undefined && isOrgId(orgId) ? { orgId, invitationId: hashOf(token) } : undefined;
}

export function isInvitationId(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
