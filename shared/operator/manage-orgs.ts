import { z } from "zod";
import { AppError } from "../errors.ts";
import { createApiKey, createOrg } from "../identity/create-org.ts";
import type { IdentityStore } from "../identity/identity-store.ts";
import { encodeOrgId, isOrgId } from "../identity/org-id.ts";
import { keyScopes } from "../identity/roles.ts";
import type { RevocationStore } from "../tokens/revocations.ts";

export const newOrgSchema = z.strictObject({
  name: z.string().min(1).max(64),
});

export interface OrgView {
  readonly org_id: string;
  readonly name: string;
  readonly created_at: string;
}

export interface NewOrgView extends OrgView {
  /** Shown this once. */
  readonly api_key: { readonly key_id: string; readonly key: string; readonly scopes: readonly string[] };
}

export interface OrgDeps {
  readonly identity: IdentityStore;
  readonly revocations: RevocationStore;
}

/** An org with its first API key. Throws AppError `invalid_body`, `org_exists` or `store_unavailable`. */
export async function openOrg({ identity }: OrgDeps, { name }: z.infer<typeof newOrgSchema>): Promise<NewOrgView> {
  const orgId = idOf(name);
  const { org, created } = await createOrg(identity, name);
  if (!created)
    throw new AppError("org_exists", `there is an org ${JSON.stringify(orgId)}`, { members: { org_id: orgId } });
  const { key, keyId } = await createApiKey(identity, orgId);
  return {
    org_id: orgId,
    name: org.name,
    created_at: org.createdAt,
    api_key: { key_id: keyId, key, scopes: keyScopes },
  };
}

export async function listOrgs({ identity }: OrgDeps): Promise<{ readonly orgs: readonly OrgView[] }> {
  const orgs = await identity.listOrgs();
  return { orgs: orgs.map(({ orgId, name, createdAt }) => ({ org_id: orgId, name, created_at: createdAt })) };
}

/** Refuses all of an org's credentials, or takes them again; every instance follows within 30 seconds. Throws AppError `org_not_found`. */
export async function suspendOrg(
  { identity, revocations }: OrgDeps,
  orgId: string,
  suspended: boolean,
): Promise<{ readonly org_id: string; readonly suspended: boolean }> {
  if (!isOrgId(orgId) || !(await identity.readOrg(orgId)))
    throw new AppError("org_not_found", "there is no org with this id");
  await revocations.setSuspended(orgId, suspended);
  return { org_id: orgId, suspended };
}

function idOf(name: string): string {
  try {
    return encodeOrgId(name);
  } catch (error) {
    throw new AppError("invalid_body", `\`name\`: ${error instanceof Error ? error.message : "is not valid"}`, {
      members: { path: "name" },
    });
  }
}
