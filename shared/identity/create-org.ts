import { makeApiKey } from "./api-key.ts";
import type { IdentityStore, Org } from "./identity-store.ts";
import { encodeOrgId } from "./org-id.ts";
import { type KeyScope, keyScopes } from "./roles.ts";

export interface CreatedOrg {
  readonly org: Org;
  /** False when it was there before. */
  readonly created: boolean;
}

/** Makes an org named `name` unless it is there. Throws a RangeError for a name that gives no org id. */
export async function createOrg(store: IdentityStore, name: string, now: () => number = Date.now): Promise<CreatedOrg> {
  const org: Org = { orgId: encodeOrgId(name), name, createdAt: new Date(now()).toISOString() };
  if (await store.createOrg(org)) return { org, created: true };
  return { org: (await store.readOrg(org.orgId)) ?? org, created: false };
}

/** Makes an API key and returns it: the only time that it is seen whole. */
export async function createApiKey(
  store: Pick<IdentityStore, "createApiKey">,
  orgId: string,
  granted: readonly KeyScope[] = keyScopes,
  now: () => number = Date.now,
): Promise<{ readonly key: string; readonly keyId: string }> {
  const { key, keyId, hash } = makeApiKey(orgId);
  await store.createApiKey({ orgId, keyId, hash, scopes: granted, createdAt: new Date(now()).toISOString() });
  return { key, keyId };
}
