import type { KeyGrant } from "../../identity/stored-scopes.ts";

export interface Org {
  readonly orgId: string;
  /** As its maker wrote it; the id is made from it by `encodeOrgId`. */
  readonly name: string;
  readonly createdAt: string;
}

/** What a key is decided by. */
export interface StoredApiKey extends KeyGrant {
  readonly orgId: string;
  readonly keyId: string;
  /** SHA-256 of the whole key, base64url. */
  readonly hash: string;
  readonly revokedAt?: string;
  /** It was rotated: until when it works beside its successor. */
  readonly expiresAt?: string;
  /** Why nobody can tell what it is good for; its other members may be anything then. */
  readonly unreadable?: string;
}

/** Orgs and their API keys. Every method throws when the store does not answer. */
export interface IdentityStore {
  listOrgs(): Promise<Org[]>;
  listOrgIds(): Promise<string[]>;
  /** A key, also one that has ended. Sees what any instance has written before this call. */
  findLatestApiKey(orgId: string, keyId: string): Promise<StoredApiKey | undefined>;
}
