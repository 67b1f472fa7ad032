import { z } from "zod";
import { AppError } from "../errors.ts";
import type { KeyScope } from "../identity/roles.ts";
import type { Formatted } from "../store/formats.ts";

/** What a request with an API key is decided by. */
export interface StateKey {
  readonly key_id: string;
  /** SHA-256 of the whole key, base64url. */
  readonly hash: string;
  readonly scopes: readonly KeyScope[];
  /** RFC 3339 in UTC. It was rotated: until when it works beside its successor. */
  readonly expires_at?: string;
}

/**
 * `state`: what instances know of an org, in one document that is read by its id and changes seldom. It is written in
 * the same transaction as what it is made from. The org's own document says `has_state` from then on.
 */
export interface OrgStateDocument extends Formatted {
  readonly id: "state";
  readonly kind: "org_state";
  readonly org_id: string;
  /** The keys that work. */
  readonly keys: readonly StateKey[];
  /** The org may have keys that work and are not among them. */
  readonly has_more?: boolean;
  readonly suspended?: boolean;
}

/** Most keys in it. An org has no more than 100, but for those that had more before that was so. */
export const MOST_IN_STATE = 500;

const wholeState = z.object({
  keys: z.array(
    z.object({
      key_id: z.string().min(1),
      hash: z.string().min(1),
      scopes: z.array(z.string()),
      expires_at: z.iso.datetime().optional(),
    }),
  ),
  has_more: z.boolean().optional(),
  suspended: z.boolean().optional(),
});

/** The document as it is, with members that this release does not know. Throws AppError `store_unavailable`. */
export function requireWhole(state: OrgStateDocument): OrgStateDocument {
  if (wholeState.safeParse(state).success) return state;
  throw stateError("what is stored of the org's state is damaged");
}

export function stateError(reason: string): AppError {
  return new AppError("store_unavailable", "what is known of the org cannot be told", { reason, retryAfter: 10 });
}

/** With this key, or with its new end. `at`: ms since 1970; keys that have ended by then leave. */
export function withKey(state: OrgStateDocument, key: StateKey, at: number): OrgStateDocument {
  const { keys, has_more = false } = withoutKey(state, key.key_id, at);
  const all = [...keys, toStateKey(key)];
  return { ...state, keys: all.slice(0, MOST_IN_STATE), has_more: has_more || all.length > MOST_IN_STATE };
}

export function withoutKey(state: OrgStateDocument, keyId: string, at: number): OrgStateDocument {
  const keys = state.keys.filter((key) => key.key_id !== keyId && !hasExpired(key, at));
  return { ...state, keys };
}

/** Of a key's own document, only what the state has of it. */
function toStateKey({ key_id, hash, scopes, expires_at }: StateKey): StateKey {
  return { key_id, hash, scopes, ...(expires_at === undefined ? undefined : { expires_at }) };
}

function hasExpired({ expires_at }: StateKey, at: number): boolean {
  return expires_at !== undefined && Date.parse(expires_at) <= at;
}
