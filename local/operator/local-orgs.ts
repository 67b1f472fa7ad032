import { createApiKey, createOrg } from "../../shared/identity/create-org.ts";
import type { IdentityStore } from "../../shared/identity/identity-store.ts";
import { encodeOrgId } from "../../shared/identity/org-id.ts";
import { type Org, readOrgs, rememberOrg } from "./state.ts";

export interface EnsuredOrg extends Org {
  /** False when the org was there before. */
  readonly created: boolean;
  /** False when the key is one that was kept from before. */
  readonly newKey: boolean;
}

export interface OrgDirectory {
  /** Makes the org unless it is there, and a key (all scopes) unless one is kept here; `newKey` makes one anyway. */
  ensure(name: string, options?: { readonly newKey?: boolean }): Promise<EnsuredOrg>;
}

/** Orgs of the local product, through its own use cases; keys, which the product shows once, are kept in the state folder. */
export function createOrgDirectory(store: IdentityStore, stateDir: string): OrgDirectory {
  return {
    ensure: async (name, options = {}) => {
      const { org, created } = await createOrg(store, name);
      const kept = readOrgs(stateDir).find((known) => known.id === org.orgId);
      // A kept key of an org that had to be made again (other data, same folder) is not known to the product.
      if (kept && !created && !options.newKey) return { ...kept, created, newKey: false };
      const { key } = await createApiKey(store, org.orgId);
      const made = { id: org.orgId, name, apiKey: key };
      rememberOrg(stateDir, made);
      return { ...made, created, newKey: true };
    },
  };
}

/** The id an org of this name has. Throws a RangeError that says why for a name that cannot have one. */
export const orgIdOf = encodeOrgId;
