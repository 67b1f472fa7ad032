import { KEY_GRACE_MS } from "../keys/org-keys.ts";
import { LONGEST_LAG_MS } from "../revocations/revocations.ts";
import { CLOCK_SKEW_SECONDS } from "./read-claims.ts";

export interface Lifetimes {
  /** Longest time from a token's `iat` to its `exp`. */
  readonly maxLifetimeSeconds: number;
  /** How long a cut-off is kept: until every token that it ends has expired. */
  readonly keepCutOffsMs: number;
}

/** The other times that follow from the lifetime of issued tokens. */
export function lifetimesOf(lifetimeSeconds: number): Lifetimes {
  // A token is dated by the time of the read behind it. That may be as old as an answer that outlives an outage.
  const maxLifetimeSeconds = lifetimeSeconds + KEY_GRACE_MS / 1000;
  const goodMs = (maxLifetimeSeconds + 2 * CLOCK_SKEW_SECONDS) * 1000;
  return { maxLifetimeSeconds, keepCutOffsMs: goodMs + LONGEST_LAG_MS };
}
