import { timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { AppError } from "../../errors.ts";
import { withDeadline } from "../../runtime/deadline.ts";
import { parseApiKey } from "./api-key.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";
import { type AdmitUnknownOrg, createAdmitUnknownOrg, ORG_LIST_MS } from "./unknown-orgs.ts";

export interface VerifiedApiKey {
  readonly key: StoredApiKey;
  /** When the store was asked for it, in ms since 1970. */
  readonly asOf: number;
}

/** Throws AppError `credential_malformed`, `credential_unknown`, `credential_revoked` or `identity_unavailable`. */
export type VerifyApiKey = (key: string) => Promise<VerifiedApiKey>;

export interface VerifyApiKeyOptions {
  /** Age in ms at which an answer is asked for again. */
  readonly refreshMs: number;
  /** How long in ms a key verified before stays good while the store is away. */
  readonly graceMs?: number;
  /** Most API keys remembered at once. */
  readonly remembered?: number;
  /** How long in ms the store is waited for. After that it counts as away, and its answer is remembered when it comes. */
  readonly patienceMs?: number;
  readonly now?: () => number;
  /** Whether an org may be asked for of which no key is known. */
  readonly admitUnknownOrg?: AdmitUnknownOrg;
  /** Called with every key that is verified. */
  readonly onUse?: (key: StoredApiKey) => void;
}

interface OrgKeys {
  readonly byId: ReadonlyMap<string, StoredApiKey>;
  readonly askedAt: number;
  /** How often the store was asked again for a key that these do not have, less what time has given back. */
  readonly askedAgain: number;
}

const HOUR = 3_600_000;
/** How long a key verified before stays good while the store is away. */
export const KEY_GRACE_MS = 24 * HOUR;

/** A key that is made and used at once is asked for at once; a flood of made-up ones only as often as this. */
const ASKS_AGAIN = 3;
const ASK_AGAIN_EVERY_MS = 5_000;

/** Orgs without keys remembered at once, apart from the others: made-up ones must not push those out. */
const EMPTY_ORGS = 5_000;

/**
 * An org's keys are asked for and remembered together: then a made-up key id is known not to be one of them, and costs the store nothing.
 */
export function createVerifyApiKey(
  store: Pick<IdentityStore, "listApiKeys" | "listOrgIds">,
  options: VerifyApiKeyOptions,
): VerifyApiKey {
  const { refreshMs, graceMs = KEY_GRACE_MS, remembered = 50_000, patienceMs = 2_000, now = Date.now, onUse } = options;
  const admit = options.admitUnknownOrg ?? createAdmitUnknownOrg(store, { patienceMs, now });
  const answers = new LRUCache<string, OrgKeys>({
    maxSize: remembered,
    sizeCalculation: ({ byId }) => 1 + Math.min(byId.size, remembered - 1),
  });
  const empty = new LRUCache<string, OrgKeys>({ max: EMPTY_ORGS });
  const asking = new Map<string, Promise<OrgKeys>>();

  const ask = (orgId: string, askedAgain: number): Promise<OrgKeys> => {
    const underWay = asking.get(orgId);
    if (underWay !== undefined) return underWay;
    const askedAt = now();
    const asked = store
      .listApiKeys(orgId)
      .then((keys): OrgKeys => {
        const answer = { byId: new Map(keys.map((key) => [key.keyId, key])), askedAt, askedAgain };
        answers.delete(orgId);
        empty.delete(orgId);
        (keys.length === 0 ? empty : answers).set(orgId, answer);
        return answer;
      })
      .finally(() => asking.delete(orgId));
    // Who comes when the patience is over already does not wait at all.
    const inTime = withDeadline(patienceMs, () => asked);
    asking.set(orgId, inTime);
    return inTime;
  };

  const mayAskAgain = ({ askedAt, askedAgain }: OrgKeys): number | undefined => {
    const left = Math.max(0, askedAgain - (now() - askedAt) / ASK_AGAIN_EVERY_MS);
    return left + 1 <= ASKS_AGAIN ? left + 1 : undefined;
  };

  const keysOf = async (orgId: string, keyId: string): Promise<OrgKeys> => {
    const known = answers.get(orgId) ?? empty.get(orgId);
    // An answer from the future was given before the clock was put back: nobody can tell how old it is.
    const age = known === undefined ? 0 : now() - known.askedAt;
    const fresh = known !== undefined && age >= 0 && age < refreshMs;
    const again = known && mayAskAgain(known);
    if (fresh && (known.byId.has(keyId) || again === undefined)) return known;
    if (!known?.byId.size && !asking.has(orgId) && !(await admit(orgId)))
      throw new AppError("identity_unavailable", "too many keys of orgs are tried that are not known here", {
        retryAfter: ORG_LIST_MS / 1000,
      });
    try {
      return await ask(orgId, fresh ? (again ?? 0) : (known?.askedAgain ?? 0));
    } catch (cause) {
      if (known?.byId.has(keyId) && age < graceMs) return known;
      throw new AppError("identity_unavailable", "the store of API keys does not answer", { cause, retryAfter: 5 });
    }
  };

  return async (text) => {
    const parsed = parseApiKey(text);
    if (!parsed)
      throw new AppError("credential_malformed", "the API key is not complete: `hr_<org>_<key id>_<secret><checksum>`");
    const { byId, askedAt } = await keysOf(parsed.orgId, parsed.keyId);
    const key = byId.get(parsed.keyId);
    // Whose it says it is, for the log.
    const reason = `key:${parsed.keyId} of ${parsed.orgId}`;
    if (!key || !sameHash(key.hash, parsed.hash))
      throw new AppError("credential_unknown", "the API key is well formed, but this deployment does not know it", {
        reason,
      });
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
