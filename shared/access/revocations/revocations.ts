import { LRUCache } from "lru-cache";
import { reached } from "../../runtime/reached.ts";

/** What a cut-off ends: every token of its target that was issued before it. */
export type RevocationTarget =
  | { readonly kind: "token"; readonly orgId: string; readonly tokenId: string }
  | { readonly kind: "session"; readonly orgId: string; readonly sessionId: string }
  /** A member (`member:<id>`) or an API key (`key:<id>`): when it is removed, revoked or changes its role. */
  | { readonly kind: "subject"; readonly orgId: string; readonly subject: string }
  /** Every token of the org, and what instances know of its API keys. */
  | { readonly kind: "org"; readonly orgId: string }
  /** Nothing ends, but what instances know of the org's API keys is not to be used any more: one was changed. */
  | { readonly kind: "keys"; readonly orgId: string }
  /** Everything that a leaked key ever signed, tokens or receipts. */
  | { readonly kind: "signing-key"; readonly keyId: string };

/**
 * Ends the tokens of `target` that were issued before `at` (ms since 1970). For a changed role or a removed member,
 * that is now, after the change is stored. Every instance honours it within 30 seconds. Throws AppError
 * `store_unavailable`; calling it again is safe.
 */
export type Revoke = (target: RevocationTarget, at: number) => Promise<void>;

/** One cut-off, as every instance holds it. */
export interface CutOff {
  /** The target's `cutOffKey`. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly before: number;
  /** When the last token that it ends has expired. Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Whether the target has one cut-off, and a later one takes its place. Of others all are kept until they expire. */
export function isRaised(key: string): boolean {
  return key.startsWith("keys ") || key.startsWith("org ");
}

/**
 * The longest that a replica may lag without a revocation being lost to an instance: a cut-off that shows up by then is
 * found, and outlives every token that was issued meanwhile by what the replica still had. How far replicas of one
 * region lag is not promised.
 */
export const LONGEST_LAG_MS = 5 * 60_000;

/** The name of a target, unique among all targets of all orgs. */
export function cutOffKey(target: RevocationTarget): string {
  switch (target.kind) {
    case "token":
      return `token ${target.orgId} ${target.tokenId}`;
    case "session":
      return `session ${target.orgId} ${target.sessionId}`;
    case "subject":
      return `subject ${target.orgId} ${target.subject}`;
    case "org":
      return `org ${target.orgId}`;
    case "keys":
      return `keys ${target.orgId}`;
    case "signing-key":
      return `signing-key ${target.keyId}`;
  }
}

/** The part that every instance reads again and again. */
export type ControlChange =
  | (CutOff & { readonly kind: "cut-off" })
  /** A suspended org's credentials are refused until it is resumed. */
  | { readonly kind: "suspension"; readonly orgId: string; readonly suspended: boolean };

export interface RevocationStore {
  /** Keeps a cut-off until it expires; adding it again changes nothing. Throws AppError `store_unavailable`. */
  addCutOff(cutOff: CutOff): Promise<void>;
  /** Throws AppError `store_unavailable`. */
  setSuspended(orgId: string, suspended: boolean): Promise<void>;
  /**
   * All changes since a mark that an earlier call returned, and some from before it. Without a mark, everything there
   * is.
   */
  readChanges(mark: number | undefined): Promise<{ readonly changes: readonly ControlChange[]; readonly mark: number }>;
}

export interface RevokeOptions {
  /** Milliseconds for which a cut-off is kept: the longest that a token is good for after its `iat`. */
  readonly keepMs: number;
  /** How many cut-offs of an org this instance knows. */
  readonly countHeld?: (orgId: string) => number;
}

/**
 * Most cut-offs of an org that are kept one by one. Every instance reads all that there are when it starts (0.17 RU
 * each) and holds them for a day, and whoever manages an org's keys can make as many as they like.
 */
export const MOST_CUT_OFFS = 100;
/** With those of API keys: one of these also ends its key where the store of keys is away, which no other can. */
export const MOST_WITH_KEYS = 1_000;
/** Clocks of instances differ by less. What names its target needs no time; one of the whole org has only that. */
const CLOCKS_DIFFER_MS = 5_000;

/**
 * Beyond these numbers one cut-off of the whole org takes the place of more: everyone in it gets another token, by
 * their refresh token or API key, and only those whose access has ended do not.
 */
export function createRevoke(store: RevocationStore, { keepMs, countHeld = () => 0 }: RevokeOptions): Revoke {
  // What this instance made itself counts at once, and not only when the watch reads it.
  const made = new LRUCache<string, number>({ max: 10_000, ttl: keepMs });
  const count = (orgId: string): number => Math.max(countHeld(orgId), made.get(orgId) ?? 0);
  return async (target, at) => {
    const { kind } = target;
    if (kind === "signing-key" || kind === "keys" || kind === "org")
      return store.addCutOff({ key: cutOffKey(target), before: at, expiresAt: at + keepMs });
    const { orgId } = target;
    const ofKey = kind === "subject" && target.subject.startsWith("key:");
    if (count(orgId) >= (ofKey ? MOST_WITH_KEYS : MOST_CUT_OFFS)) {
      reached("whole-org-cut-off");
      const before = at + CLOCKS_DIFFER_MS;
      return store.addCutOff({ key: cutOffKey({ kind: "org", orgId }), before, expiresAt: before + keepMs });
    }
    await store.addCutOff({ key: cutOffKey(target), before: at, expiresAt: at + keepMs });
    made.set(orgId, (made.get(orgId) ?? 0) + 1, { noUpdateTTL: true });
  };
}
