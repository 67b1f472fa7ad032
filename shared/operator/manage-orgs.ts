import { z } from "zod";
import { type Actor, auditDocument } from "../access/documents/audit-entry.ts";
import { displayName } from "../access/documents/display-name.ts";
import type { IdentityDocuments, OrgDocument, Write } from "../access/documents/identity-documents.ts";
import { readState } from "../access/documents/keep-state.ts";
import type { IdentityStore } from "../access/keys/identity-store.ts";
import { makeKeyDocument } from "../access/keys/keys.ts";
import { auditOfInvitation, firstAdmin, makeInvitationDocument } from "../access/members/invitations.ts";
import type { RevocationStore } from "../access/revocations/revocations.ts";
import { AppError } from "../errors.ts";
import { encodeOrgId, endsInDot, isOrgId } from "../identity/org-id.ts";
import { firstKeyScopes } from "../identity/roles.ts";
import { boundKeys, type OrgStateDocument } from "../org/org-state.ts";
import { reached } from "../runtime/reached.ts";
import { change } from "../store/change.ts";
import { UnreadableError } from "../store/formats.ts";

export const newOrgSchema = z.strictObject({
  name: displayName(64).refine((text) => text !== "", "expected a name"),
});

export interface OrgView {
  readonly org_id: string;
  readonly name: string;
  readonly created_at: string;
}

/** An org as its maker sees it, with the secrets that are shown only this once. */
export interface NewOrgView extends OrgView {
  readonly api_key: { readonly key_id: string; readonly key: string; readonly scopes: readonly string[] };
  /** The link that makes the first person who signs in with it the org's admin. */
  readonly invitation: { readonly token: string; readonly expires_at: string };
}

export interface OrgDeps {
  readonly identity: Pick<IdentityStore, "listOrgs">;
  readonly documents: IdentityDocuments;
  readonly revocations: Pick<RevocationStore, "setSuspended">;
  readonly now: () => number;
}

/**
 * An org with its first API key and the invitation of its first admin: all of them or nothing. Throws AppError
 * `invalid_body`, `org_exists` or `store_unavailable`; then it may have been made all the same.
 */
export async function openOrg(
  { documents, now }: OrgDeps,
  actor: Actor,
  { name }: z.infer<typeof newOrgSchema>,
): Promise<NewOrgView> {
  const orgId = newIdOf(name);
  const at = now();
  const created_at = new Date(at).toISOString();
  const org: OrgDocument = { id: "org", org_id: orgId, kind: "org", name, created_at, has_state: true };
  const scopes = firstKeyScopes;
  const { key, document: keyDocument } = makeKeyDocument(orgId, actor, at, { name: "first key", scopes });
  const state: OrgStateDocument = { id: "state", kind: "org_state", org_id: orgId, ...boundKeys([keyDocument], false) };
  const { token, document: invitation } = makeInvitationDocument(orgId, actor, at, firstAdmin);
  const audits = [
    auditDocument(orgId, actor, at, { action: "org.created", target: "org", details: { name } }),
    auditDocument(orgId, actor, at, { action: "key.created", target: keyDocument.id, details: { scopes } }),
    auditOfInvitation(invitation, actor, at),
  ];
  const writes = [org, state, keyDocument, invitation, ...audits].map((create) => ({ create }));
  const write = (): Promise<void> =>
    change(documents, orgId, async () => {
      const [own, other] = await Promise.all([
        documents.read("api_key", orgId, keyDocument.id),
        documents.read("org", orgId, "org"),
      ]);
      if (!own && other)
        throw new AppError("org_exists", `there is an org ${JSON.stringify(orgId)}`, { members: { org_id: orgId } });
      return { writes: own ? [] : writes, result: undefined };
    });
  // Perhaps only the answer was lost. Then the org would be said to exist, and nobody would see its key. Another look
  // tells.
  await write().catch(write);
  return {
    org_id: orgId,
    name,
    created_at: org.created_at,
    api_key: { key_id: keyDocument.key_id, key, scopes },
    invitation: { token, expires_at: invitation.expires_at },
  };
}

/** All orgs, suspended ones too. Throws AppError `store_unavailable`. */
export async function listOrgs({ identity }: OrgDeps): Promise<{ readonly orgs: readonly OrgView[] }> {
  const orgs = await identity.listOrgs();
  return { orgs: orgs.map(({ orgId, name, createdAt }) => ({ org_id: orgId, name, created_at: createdAt })) };
}

/**
 * Refuses all of an org's credentials, or takes them again; every instance follows within 30 seconds. Throws AppError
 * `org_not_found`, or `store_unavailable`: then it is said again.
 */
export async function suspendOrg(
  { documents, revocations, now }: OrgDeps,
  actor: Actor,
  orgId: string,
  suspended: boolean,
): Promise<{ readonly org_id: string; readonly suspended: boolean }> {
  if (!isOrgId(orgId)) throw new AppError("org_not_found", "that is not the id of an org");
  const action = suspended ? "org.suspended" : "org.resumed";
  const create = auditDocument(orgId, actor, now(), { action, target: "org" });
  // The trail comes first: a change may be told twice, but never left out.
  await change(documents, orgId, async () => {
    const org = await documents.read("org", orgId, "org");
    if (!org) throw new AppError("org_not_found", "there is no org with this id");
    // Whatever has become of its state, an org can be suspended.
    const state = await readState(documents, orgId, org.value).catch(leaveUnreadable);
    const both = [org, ...(state ? [state] : [])];
    const writes = both.map(({ value, etag }): Write => ({ replace: { ...value, suspended }, etag }));
    return { writes: [{ create }, ...writes], result: undefined };
  });
  await revocations.setSuspended(orgId, suspended);
  return { org_id: orgId, suspended };
}

/** Its state is damaged, gone or of a newer release. A store that does not answer says nothing about it. */
function leaveUnreadable(error: unknown): undefined {
  if (!(error instanceof UnreadableError)) throw error;
  reached("org-suspended-without-state");
}

function newIdOf(name: string): string {
  try {
    const id = encodeOrgId(name);
    if (endsInDot(id)) throw new RangeError(`org name ${JSON.stringify(name)} must not end in a dot`);
    return id;
  } catch (error) {
    throw new AppError("invalid_body", `\`name\`: ${error instanceof Error ? error.message : "is not valid"}`, {
      members: { path: "name" },
    });
  }
}
