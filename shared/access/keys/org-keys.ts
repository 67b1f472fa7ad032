import { AppError } from "../../errors.ts";
import { readScopes } from "../../identity/stored-scopes.ts";
import { createOrgMemory } from "../../org/org-memory.ts";
import type { StateKey } from "../../org/org-state.ts";
import { createOrgStates, type OrgStates, type ReadState } from "../../org/org-states.ts";
import { reached } from "../../runtime/reached.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";
import { freshOf, type KeyAnswer, OtherKeys } from "./other-keys.ts";
import { createUnknownOrgs, floodError } from "./unknown-orgs.ts";

export interface OrgKeys {
  /**
   * What the store says of a key. While the store is away, it is what was known before, of keys that were. `freshMs`:
   * an older answer is asked for again. Throws AppError `identity_unavailable`.
   */
  find(orgId: string, keyId: string, freshMs?: number): Promise<KeyAnswer>;
  /** Whether the org's state says so, as far as it is known. */
  isSuspended(orgId: string): boolean;
  /** What is known of an org's keys must not be used any more. */
  expire(orgId: string): void;
  /** As `UnknownOrgs` has it. */
  isFlooded(): boolean;
}

export interface OrgKeysDeps {
  readonly store: Pick<IdentityStore, "listOrgIds" | "findLatestApiKey">;
  readonly readState: ReadState;
}

export interface OrgKeysOptions {
  /** Age in ms at which an answer is asked for again. */
  readonly refreshMs: number;
  /** Most API keys of states remembered at once, and a fifth as many of those that are in none. */
  readonly remembered?: number;
  /** Most keys of one org that are remembered and not in its state. */
  readonly share?: number;
  /** How long in ms the store is waited for. After that it counts as away; its answer is remembered when it comes. */
  readonly patienceMs?: number;
  /** Default: its own. */
  readonly states?: OrgStates;
  readonly now?: () => number;
}

/** How long a key verified before stays good while the store is away. */
export const KEY_GRACE_MS = 24 * 3_600_000;
/** Age in ms at which a state that cannot be read is asked for again. */
export const UNREADABLE_MS = 10_000;
/** While nothing tells what has changed, an answer is asked for again at this age, in ms. */
export const UNTOLD_MS = 30_000;

/** What an instance remembers of orgs and their keys. */
function createMemory({ store, readState }: OrgKeysDeps, options: OrgKeysOptions) {
  const { refreshMs, remembered = 50_000, share = 500, patienceMs = 2_000, now = Date.now } = options;
  const rules = { refreshMs, waitMs: patienceMs, now };
  const { states = createOrgStates(readState, { rules, remembered }) } = options;
  const others = createOrgMemory<OtherKeys>(Math.ceil(remembered / 5));
  return {
    states,
    others: (orgId: string): OtherKeys => {
      const remember = (keys: OtherKeys, count: number): void => others.remember(orgId, keys, count);
      return others.find(orgId) ?? new OtherKeys(store, { orgId, share, rules, remember });
    },
    lastKnown: (orgId: string, keyId: string): KeyAnswer | undefined => {
      const held = states.find(orgId)?.held;
      const key = held?.value?.keys.get(keyId);
      return held && key ? { ...held, value: toApiKey(orgId, key) } : others.find(orgId)?.lastKnown(keyId);
    },
    expire: (orgId: string): void => {
      states.find(orgId)?.expire();
      others.find(orgId)?.expire();
    },
  };
}

/**
 * An org's keys are asked for and remembered together. So a made-up key id is known not to be among them, and costs the
 * store nothing.
 */
export function createOrgKeys(deps: OrgKeysDeps, options: OrgKeysOptions): OrgKeys {
  const { patienceMs = 2_000, now = Date.now } = options;
  const unknown = createUnknownOrgs(deps.store, { patienceMs, now });
  const { states, others, lastKnown, expire } = createMemory(deps, options);

  const admit = async (orgId: string): Promise<void> => {
    if (!(await unknown.admit(orgId))) throw floodError();
  };
  const ask = async (orgId: string, keyId: string, freshMs: number): Promise<KeyAnswer> => {
    const known = states.find(orgId);
    const held = known && freshOf(known, known.held?.value?.unreadable ? UNREADABLE_MS : freshMs, now());
    if (!held && !(known?.held?.value || known?.isAsking)) await admit(orgId);
    const state = states.open(orgId);
    const { value, askedAt } = held ?? (await state.askTogether());
    if (value?.unreadable !== undefined) return { value: unreadableKey(orgId, keyId, value.unreadable), askedAt };
    const key = value?.keys.get(keyId);
    if (key) return { value: toApiKey(orgId, key), askedAt };
    // Of an org that was not there nothing more is asked in the same breath: it is most likely made up.
    if (!held && !value) return { value: undefined, askedAt };
    const admitUnknown = async (): Promise<void> => (state.held?.value ? undefined : admit(orgId));
    const other = await others(orgId).find(state, keyId, freshMs, admitUnknown);
    return other ?? { value: undefined, askedAt };
  };

  return {
    find: async (orgId, keyId, freshMs = Number.POSITIVE_INFINITY) => {
      const before = lastKnown(orgId, keyId);
      const age = before ? now() - before.askedAt : 0;
      return ask(orgId, keyId, freshMs).catch((cause: unknown) => {
        if (before?.value && age < KEY_GRACE_MS) {
          reached("key-good-while-store-away");
          return before;
        }
        if (cause instanceof AppError && cause.code === "identity_unavailable") throw cause;
        throw new AppError("identity_unavailable", "the store of API keys does not answer", { cause, retryAfter: 5 });
      });
    },
    isSuspended: (orgId) => states.find(orgId)?.held?.value?.suspended ?? false,
    expire,
    isFlooded: unknown.isFlooded,
  };
}

function toApiKey(orgId: string, { key_id, hash, scopes, expires_at }: StateKey): StoredApiKey {
  return {
    ...{ orgId, keyId: key_id, hash, ...readScopes(scopes) },
    ...(expires_at === undefined ? undefined : { expiresAt: expires_at }),
  };
}

function unreadableKey(orgId: string, keyId: string, unreadable: string): StoredApiKey {
  return { orgId, keyId, hash: "", scopes: [], unreadable };
}
