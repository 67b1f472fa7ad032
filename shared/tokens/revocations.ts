/** What a cut-off ends: every token of it that was issued before. */
export type RevocationTarget =
  | { readonly kind: "token"; readonly orgId: string; readonly tokenId: string }
  | { readonly kind: "session"; readonly orgId: string; readonly sessionId: string }
  /** A member (`member:<id>`) or an API key (`key:<id>`): when it is removed, revoked or changes its role. */
  | { readonly kind: "subject"; readonly orgId: string; readonly subject: string }
  /** All that a leaked signing key ever signed. */
  | { readonly kind: "signing-key"; readonly keyId: string };

/**
 * Ends the tokens of `target` that were issued before `at` (ms since 1970; for a role that changed or a member that was removed: now, after
 * the change is stored). Every instance honours it within 30 seconds. Throws AppError `store_unavailable`; calling it again is safe.
 */
export type Revoke = (target: RevocationTarget, at: number) => Promise<void>;

/** One cut-off, as every instance holds it. */
export interface CutOff {
  /** The target's `cutOffKey`. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly before: number;
}

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
