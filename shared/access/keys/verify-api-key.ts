import { timingSafeEqual } from "node:crypto";
import { AppError } from "../../errors.ts";
import { parseApiKey } from "./api-key.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";
import { createFindOrgKeys, type OrgKeysOptions } from "./org-keys.ts";

export interface VerifiedApiKey {
  readonly key: StoredApiKey;
  /** When the store was asked for it, in ms since 1970. */
  readonly asOf: number;
}

/** Throws AppError `credential_malformed`, `credential_unknown`, `credential_revoked` or `identity_unavailable`. */
export type VerifyApiKey = (key: string) => Promise<VerifiedApiKey>;

export interface VerifyApiKeyOptions extends OrgKeysOptions {
  /** Called with every key that is verified. */
  readonly onUse?: (key: StoredApiKey) => void;
}

export function createVerifyApiKey(
  store: Pick<IdentityStore, "listApiKeys" | "listLatestApiKeys" | "listOrgIds">,
  options: VerifyApiKeyOptions,
): VerifyApiKey {
  const { now = Date.now, onUse } = options;
  const findOrgKeys = createFindOrgKeys(store, options);
  return async (text) => {
    const parsed = parseApiKey(text);
    if (!parsed)
      throw new AppError("credential_malformed", "the API key is not complete: `hr_<org>_<key id>_<secret><checksum>`");
    const { value, askedAt } = await findOrgKeys(parsed.orgId, parsed.keyId);
    const key = value.byId.get(parsed.keyId);
    // The org and key that it claims, for the log.
    const reason = `key:${parsed.keyId} of ${parsed.orgId}`;
    if (!key || !sameHash(key.hash, parsed.hash))
      throw new AppError("credential_unknown", "the API key is well formed, but this deployment does not know it", {
        reason,
      });
    if (key.isNewer)
      throw new AppError(
        "identity_unavailable",
        "a newer release wrote the API key, and this instance cannot read it",
        {
          reason,
          retryAfter: 10,
        },
      );
    if (key.revokedAt !== undefined)
      throw new AppError("credential_revoked", `the API key was revoked at ${key.revokedAt}`, { reason });
    if (key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now())
      throw new AppError("credential_revoked", `the API key was rotated, and worked until ${key.expiresAt}`, {
        reason,
      });
    onUse?.(key);
    return { key, asOf: askedAt };
  };
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
