import { LRUCache } from "lru-cache";
import { AppError } from "../../errors.ts";
import { type Answer, Refreshed } from "../../runtime/refreshed.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";
import { createAdmitUnknownOrg, ORG_LIST_MS } from "./unknown-orgs.ts";

export interface OrgKeys {
  readonly byId: ReadonlyMap<string, StoredApiKey>;
  /** How often the store was asked again for a key that is not among these, less what time has given back. */
  readonly askedAgain: number;
}

/**
 * The keys of an org in which `keyId` is looked for. While the store is away they are old ones, and only when the key
 * is among them. Throws AppError `identity_unavailable`.
 */
export type FindOrgKeys = (orgId: string, keyId: string) => Answer<OrgKeys> | Promise<Answer<OrgKeys>>;

export interface OrgKeysOptions {
  /** Age in ms at which an answer is asked for again. */
  readonly refreshMs: number;
  /** Most API keys remembered at once. */
  readonly remembered?: number;
  /** How long in ms the store is waited for. After that it counts as away; its answer is remembered when it comes. */
  readonly patienceMs?: number;
  readonly now?: () => number;
}

interface Org {
  readonly keys: Refreshed<OrgKeys>;
  /** What the next answer is to say of it. */
  askedAgain: number;
  /** Whether the next answer is for a key that is not among the known ones: another instance may just have made it. */
  latest: boolean;
}

type Held = Answer<OrgKeys> | undefined;

/** How long a key verified before stays good while the store is away. */
export const KEY_GRACE_MS = 24 * 3_600_000;

/**
 * A key that is used right after it is made is asked for at once. A flood of made-up keys is asked for only this often.
 */
const ASKS_AGAIN = 3;
const ASK_AGAIN_EVERY_MS = 5_000;

/** Orgs without keys remembered at once, apart from the others: made-up ones must not push those out. */
const EMPTY_ORGS = 5_000;

/**
 * An org's keys are asked for and remembered together. So a made-up key id is known not to be among them, and costs the
 * store nothing.
 */
export function createFindOrgKeys(
  store: Pick<IdentityStore, "listApiKeys" | "listLatestApiKeys" | "listOrgIds">,
  options: OrgKeysOptions,
): FindOrgKeys {
  const { refreshMs, remembered = 50_000, patienceMs = 2_000, now = Date.now } = options;
  const admit = createAdmitUnknownOrg(store, { patienceMs, now });
  const rules = { refreshMs, waitMs: patienceMs, now };
  const { find, remember } = createOrgMemory(remembered);

  const makeOrg = (orgId: string): Org => {
    const read = async (): Promise<OrgKeys> => {
      const { askedAgain, latest } = org;
      const keys = await (latest ? store.listLatestApiKeys(orgId) : store.listApiKeys(orgId));
      remember(orgId, org, keys.length);
      return { byId: new Map(keys.map((key) => [key.keyId, key])), askedAgain };
    };
    const org: Org = { keys: new Refreshed(read, rules), askedAgain: 0, latest: false };
    remember(orgId, org, 0);
    return org;
  };

  const ask = async (orgId: string, keyId: string, held: Held, again?: number): Promise<Answer<OrgKeys>> => {
    const age = held ? now() - held.askedAt : 0;
    const admitted = held?.value.byId.size || find(orgId)?.keys.isAsking || (await admit(orgId));
    if (!admitted)
      throw new AppError("identity_unavailable", "too many keys of orgs are tried that are not known here", {
        retryAfter: ORG_LIST_MS / 1000,
      });
    const org = find(orgId) ?? makeOrg(orgId);
    org.askedAgain = again ?? held?.value.askedAgain ?? 0;
    org.latest = again !== undefined;
    return org.keys.askTogether().catch((cause: unknown) => {
      if (held?.value.byId.has(keyId) && age < KEY_GRACE_MS) return held;
      throw new AppError("identity_unavailable", "the store of API keys does not answer", { cause, retryAfter: 5 });
    });
  };

  return (orgId, keyId) => {
    const keys = find(orgId)?.keys;
    const held = keys?.held;
    if (!held || keys?.isDue) return ask(orgId, keyId, held);
    if (held.value.byId.has(keyId)) return held;
    const again = mayAskAgain(held, now());
    return again === undefined ? held : ask(orgId, keyId, held, again);
  };
}

function createOrgMemory(maxKeys: number) {
  const orgs = new LRUCache<string, Org>({ maxSize: maxKeys });
  const empty = new LRUCache<string, Org>({ max: EMPTY_ORGS });
  return {
    find: (orgId: string): Org | undefined => orgs.get(orgId) ?? empty.get(orgId),
    remember: (orgId: string, org: Org, keys: number): void => {
      orgs.delete(orgId);
      empty.delete(orgId);
      if (keys === 0) empty.set(orgId, org);
      else orgs.set(orgId, org, { size: 1 + Math.min(keys, maxKeys - 1) });
    },
  };
}

/** The cost of asking again, if it is allowed. */
function mayAskAgain({ askedAt, value }: Answer<OrgKeys>, now: number): number | undefined {
  const left = Math.max(0, value.askedAgain - (now - askedAt) / ASK_AGAIN_EVERY_MS);
  return left + 1 <= ASKS_AGAIN ? left + 1 : undefined;
}
