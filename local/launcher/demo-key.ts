import type { IdentityDocuments } from "../../shared/access/documents/identity-documents.ts";
import { createKey, listKeys } from "../../shared/access/keys/keys.ts";
import { AppError } from "../../shared/errors.ts";
import { encodeOrgId } from "../../shared/identity/org-id.ts";
import { type KeyScope, roleScopes } from "../../shared/identity/roles.ts";
import { findInviter } from "./find-inviter.ts";
import { rememberOrg } from "./state.ts";

/** By which a later start finds it. */
const NAME = "for what the pages show";

/** What a reader of the pages does: send, read, register schemas, replay. An org's first key sends and reads. */
const scopes: readonly KeyScope[] = [
  ...(["events:write", "events:read", "quarantine:replay"] as const),
  ...(["schemas:read", "schemas:write", "schemas:manage"] as const),
];

/**
 * Gives the local org `demo` a key that the pages' commands work with, as Ada would make it. It is kept in the state
 * folder instead of the first one.
 */
export async function makeDemoKey(documents: IdentityDocuments, stateDir: string): Promise<void> {
  const id = encodeOrgId("demo");
  const apiKey = await ensureKey(documents, id);
  if (apiKey !== undefined) rememberOrg(stateDir, { id, name: "demo", apiKey });
}

/** Undefined when there is one. */
async function ensureKey(documents: IdentityDocuments, orgId: string): Promise<string | undefined> {
  const deps = { documents, now: Date.now, revoke: () => Promise.resolve() };
  const known = await listKeys(deps, orgId);
  if (known.some(({ name, revoked_at }) => name === NAME && revoked_at === null)) return undefined;
  const subject = await findInviter(documents, orgId);
  const actor = { subject, clientAddress: "unknown", requestId: "npm-start" };
  const principal = { orgId, subject, scopes: roleScopes.admin, tokenId: "npm-start" };
  try {
    return (await createKey(deps, actor, principal, { name: NAME, scopes })).key;
  } catch (error) {
    // Whoever made that many keys has one that does what they want.
    if (error instanceof AppError && error.code === "too_many_keys") return undefined;
    throw error;
  }
}
