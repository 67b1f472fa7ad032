import type { KeyScope } from "../../identity/roles.ts";

export interface Org {
  readonly orgId: string;
  /** As its maker wrote it; the id is made from it by `encodeOrgId`. */
  readonly name: string;
  readonly createdAt: string;
}

export interface StoredApiKey {
  readonly orgId: string;
  readonly keyId: string;
  /** SHA-256 of the whole key, base64url. */
  readonly hash: string;
  readonly scopes: readonly KeyScope[];
  readonly createdAt: string;
  readonly revokedAt?: string;
  /** It was rotated: until when it works beside its successor. */
  readonly expiresAt?: string;
  /** Why nobody can tell what it is good for; its other members may be anything then. */
  readonly unreadable?: string;
  /** The last day, UTC, on which it was used, as far as the store knows. */
  readonly lastUsedOn?: string;
}

/** Orgs and their API keys. Every method throws when the store does not answer. */
export interface IdentityStore {
  listOrgs(): Promise<Org[]>;
  listOrgIds(): Promise<string[]>;
  /**
   * Keys of an org, `most` of them at most; none when there is no such org. Those that ended long ago are not among
   * them.
   */
  listApiKeys(orgId: string, most: number): Promise<StoredApiKey[]>;
  /** The same, and sees what any instance has written before this call. */
  listLatestApiKeys(orgId: string, most: number): Promise<StoredApiKey[]>;
  /** A key, also one that has ended. Sees what any instance has written before this call. */
  findLatestApiKey(orgId: string, keyId: string): Promise<StoredApiKey | undefined>;
}
