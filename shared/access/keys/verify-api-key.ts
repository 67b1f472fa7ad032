import { timingSafeEqual } from "node:crypto";
import { AppError } from "../../errors.ts";
import { reached } from "../../runtime/reached.ts";
import type { RevocationWatch } from "../revocations/revocation-watch.ts";
import { parseApiKey } from "./api-key.ts";
import type { StoredApiKey } from "./identity-store.ts";
import { createOrgKeys, type OrgKeysDeps, type OrgKeysOptions, UNTOLD_MS } from "./org-keys.ts";
import { floodError } from "./unknown-orgs.ts";

export interface VerifiedApiKey {
  readonly key: StoredApiKey;
  /** When the store was asked for it, in ms since 1970. */
  readonly asOf: number;
}

/**
 * Throws AppError `credential_malformed`, `credential_unknown`, `credential_revoked` or `identity_unavailable`, and
 * `org_suspended` where nothing newer than the org's state can be read of that.
 */
export type VerifyApiKey = (key: string) => Promise<VerifiedApiKey>;

export interface VerifyApiKeyOptions extends OrgKeysOptions {
  /** Called with every key that is verified. */
  readonly onUse?: (key: StoredApiKey) => void;
  /** What tells of keys that have ended since they were asked for. */
  readonly revocations?: Pick<RevocationWatch, "isCurrent" | "isKeyEnded" | "onKeysChanged">;
}

export function createVerifyApiKey(deps: OrgKeysDeps, options: VerifyApiKeyOptions): VerifyApiKey {
  const { now = Date.now, onUse, revocations } = options;
  const orgKeys = createOrgKeys(deps, options);
  revocations?.onKeysChanged(orgKeys.expire);
  return async (text) => {
    const parsed = parseApiKey(text);
    if (!parsed)
      throw new AppError("credential_malformed", "the API key is not complete: `hr_<org>_<key id>_<secret><checksum>`");
    const { orgId, keyId } = parsed;
    const isTold = (await revocations?.isCurrent()) ?? true;
    const { value: key, askedAt } = await orgKeys.find(orgId, keyId, isTold ? undefined : UNTOLD_MS);
    // The org and key that it claims, for the log.
    const reason = `key:${keyId} of ${orgId}`;
    const isKnown = key && key.unreadable === undefined && sameHash(key.hash, parsed.hash);
    if (!isKnown) {
      if (orgKeys.isFlooded()) throw floodError(reason);
      // Before its hash is compared: that may be what cannot be read.
      if (key?.unreadable !== undefined)
        throw new AppError("identity_unavailable", key.unreadable, { reason, retryAfter: 10 });
      throw new AppError("credential_unknown", "the API key is well formed, but this deployment does not know it", {
        reason,
      });
    }
    if (revocations?.isKeyEnded(orgId, keyId))
      throw new AppError("credential_revoked", "the API key was revoked", { reason });
    refuseEnded(key, now(), reason);
    if (!isTold && orgKeys.isSuspended(orgId)) {
      reached("suspended-by-state-alone");
      throw new AppError("org_suspended", "the org is suspended", { reason });
    }
    onUse?.(key);
    return { key, asOf: askedAt };
  };
}

function refuseEnded({ revokedAt, expiresAt }: StoredApiKey, now: number, reason: string): void {
  if (revokedAt !== undefined)
    throw new AppError("credential_revoked", `the API key was revoked at ${revokedAt}`, { reason });
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now)
    throw new AppError("credential_revoked", `the API key was rotated, and worked until ${expiresAt}`, { reason });
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
