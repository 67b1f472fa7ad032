import { timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { withDeadline } from "../deadline.ts";
import { AppError } from "../errors.ts";
import { type ParsedApiKey, parseApiKey } from "./api-key.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";
import type { Principal } from "./principal.ts";

/** Gives the principal of an `Authorization` header's value. Throws AppError `credential_*` or `identity_unavailable`. */
export type Authenticate = (authorization: string | null) => Promise<Principal>;

export interface AuthenticateOptions {
  /** Age in ms at which an answer, also a negative one, is asked for again. */
  readonly refreshMs: number;
  /** How long in ms a key verified before stays good while the store is away. */
  readonly graceMs?: number;
  /** Most API keys remembered at once. */
  readonly remembered?: number;
  /** How long in ms the store is waited for. After that it counts as away, and its answer is remembered when it comes. */
  readonly patienceMs?: number;
  readonly now?: () => number;
}

interface Answer {
  readonly stored: StoredApiKey | undefined;
  readonly askedAt: number;
}

const HOUR = 3_600_000;

export function createAuthenticate(store: IdentityStore, options: AuthenticateOptions): Authenticate {
  const { refreshMs, graceMs = 24 * HOUR, remembered = 50_000, patienceMs = 2_000, now = Date.now } = options;
  const answers = new LRUCache<string, Answer>({ max: remembered });
  const asking = new Map<string, Promise<Answer>>();

  const ask = (id: string, key: ParsedApiKey): Promise<Answer> => {
    const underWay = asking.get(id);
    if (underWay !== undefined) return underWay;
    const asked = store
      .readApiKey(key.orgId, key.keyId)
      .then((stored): Answer => {
        const answer = { stored, askedAt: now() };
        answers.set(id, answer);
        return answer;
      })
      .finally(() => asking.delete(id));
    // Who comes when the patience is over already does not wait at all.
    const inTime = withDeadline(patienceMs, () => asked);
    asking.set(id, inTime);
    return inTime;
  };

  const lookUp = async (key: ParsedApiKey): Promise<StoredApiKey | undefined> => {
    const id = `${key.orgId}_${key.keyId}`;
    const known = answers.get(id);
    // An answer from the future was given before the clock was put back: nobody can tell how old it is.
    const age = known === undefined ? 0 : now() - known.askedAt;
    if (known && age >= 0 && age < refreshMs) return known.stored;
    try {
      return (await ask(id, key)).stored;
    } catch (cause) {
      if (known?.stored && age < graceMs) return known.stored;
      throw new AppError("identity_unavailable", "the store of API keys does not answer", { cause, retryAfter: 5 });
    }
  };

  return async (authorization) => {
    const key = readBearer(authorization);
    const stored = await lookUp(key);
    if (!stored || !sameHash(stored.hash, key.hash)) {
      throw new AppError("credential_unknown", "the API key is well formed, but this deployment does not know it");
    }
    if (stored.revokedAt !== undefined) {
      throw new AppError("credential_revoked", `the API key was revoked at ${stored.revokedAt}`);
    }
    return { orgId: stored.orgId, subject: `key:${stored.keyId}`, scopes: stored.scopes, tokenId: stored.keyId };
  };
}

function readBearer(authorization: string | null): ParsedApiKey {
  if (!authorization) throw new AppError("credential_missing", "the request has no Authorization header");
  const [, token] = /^Bearer +([^\s,]+) *$/i.exec(authorization) ?? [];
  if (token === undefined) {
    throw new AppError("credential_malformed", "the Authorization header is not `Bearer <API key>`");
  }
  const key = parseApiKey(token);
  if (!key)
    throw new AppError("credential_malformed", "the API key is not complete: `hr_<org>_<key id>_<secret><checksum>`");
  return key;
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
