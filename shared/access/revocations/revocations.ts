/** What a cut-off ends: every token of its target that was issued before it. */
export type RevocationTarget =
  | { readonly kind: "token"; readonly orgId: string; readonly tokenId: string }
  | { readonly kind: "session"; readonly orgId: string; readonly sessionId: string }
  /** A member (`member:<id>`) or an API key (`key:<id>`): when it is removed, revoked or changes its role. */
  | { readonly kind: "subject"; readonly orgId: string; readonly subject: string }
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
}

export function createRevoke(store: RevocationStore, { keepMs }: RevokeOptions): Revoke {
  return (target, at) => store.addCutOff({ key: cutOffKey(target), before: at, expiresAt: at + keepMs });
}
