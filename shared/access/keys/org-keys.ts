import { AppError } from "../../errors.ts";
import type { IdentityStore } from "./identity-store.ts";
import { createOrgMemory, freshOf, type KeyAnswer, type KeyStore, KnownOrg } from "./known-org.ts";
import { createUnknownOrgs, floodError } from "./unknown-orgs.ts";

export interface OrgKeys {
  /**
   * What the store says of a key. While the store is away, it is what was known before, of keys that were. `freshMs`:
   * an older answer is asked for again. Throws AppError `identity_unavailable`.
   */
  find(orgId: string, keyId: string, freshMs?: number): Promise<KeyAnswer>;
  /** What is known of an org's keys must not be used any more. */
  expire(orgId: string): void;
  /** As `UnknownOrgs` has it. */
  isFlooded(): boolean;
}

export interface OrgKeysOptions {
  /** Age in ms at which an answer is asked for again. */
  readonly refreshMs: number;
  /** Most API keys remembered at once. */
  readonly remembered?: number;
  /** Most keys of one org that are asked for together. Of those beyond it, as many are remembered one by one. */
  readonly share?: number;
  /** How long in ms the store is waited for. After that it counts as away; its answer is remembered when it comes. */
  readonly patienceMs?: number;
  readonly now?: () => number;
}

/** How long a key verified before stays good while the store is away. */
export const KEY_GRACE_MS = 24 * 3_600_000;

/**
 * An org's keys are asked for and remembered together. So a made-up key id is known not to be among them, and costs the
 * store nothing.
 */
export function createOrgKeys(store: KeyStore & Pick<IdentityStore, "listOrgIds">, options: OrgKeysOptions): OrgKeys {
  const { refreshMs, remembered = 50_000, share = 500, patienceMs = 2_000, now = Date.now } = options;
  const unknown = createUnknownOrgs(store, { patienceMs, now });
  const memory = createOrgMemory(remembered);
  const rules = { refreshMs, waitMs: patienceMs, now };

  const admit = async (orgId: string): Promise<void> => {
    if (!(await unknown.admit(orgId))) throw floodError();
  };
  const makeOrg = (orgId: string): KnownOrg => {
    const remember = (org: KnownOrg, keys: number): void => memory.remember(orgId, org, keys);
    return new KnownOrg(store, { orgId, share, rules, remember });
  };
  const hasKeys = (org: KnownOrg): boolean => (org.listed.held?.value.byId.size ?? 0) > 0;

  const ask = async (orgId: string, keyId: string, freshMs: number): Promise<KeyAnswer> => {
    const known = memory.find(orgId);
    const held = known && freshOf(known.listed, freshMs, now());
    if (!held && !(known && (hasKeys(known) || known.listed.isAsking))) await admit(orgId);
    const org = known ?? memory.find(orgId) ?? makeOrg(orgId);
    const { value, askedAt } = held ?? (await org.listed.askTogether());
    const key = value.byId.get(keyId);
    // Of an org without keys nothing more is asked in the same breath: it is most likely made up.
    if (key || (!held && value.byId.size === 0)) return { value: key, askedAt };
    const other = await org.findOther(keyId, freshMs, async () => (hasKeys(org) ? undefined : admit(orgId)));
    return other ?? { value: undefined, askedAt };
  };

  return {
    find: async (orgId, keyId, freshMs = Number.POSITIVE_INFINITY) => {
      const before = memory.find(orgId)?.lastKnown(keyId);
      const age = before ? now() - before.askedAt : 0;
      return ask(orgId, keyId, freshMs).catch((cause: unknown) => {
        if (before?.value && age < KEY_GRACE_MS) return before;
        if (cause instanceof AppError && cause.code === "identity_unavailable") throw cause;
        throw new AppError("identity_unavailable", "the store of API keys does not answer", { cause, retryAfter: 5 });
      });
    },
    expire: (orgId) => memory.find(orgId)?.expire(),
    isFlooded: unknown.isFlooded,
  };
}
