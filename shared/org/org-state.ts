import { z } from "zod";
import type { AppError } from "../errors.ts";
import type { StoredScope } from "../identity/stored-scopes.ts";
import { reached } from "../runtime/reached.ts";
import { type Formatted, isReadable, UnreadableError } from "../store/formats.ts";

/** What a request with an API key is decided by. */
export interface StateKey {
  readonly key_id: string;
  /** SHA-256 of the whole key, base64url. */
  readonly hash: string;
  readonly scopes: readonly StoredScope[];
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
  /** The registry has, or is about to have, schemas of the org. It stays. */
  readonly has_schemas?: boolean;
}

/** The same, as an instance remembers it. */
export interface OrgState {
  /** Empty when there is no document. */
  readonly etag: string;
  readonly keys: ReadonlyMap<string, StateKey>;
  readonly hasMore: boolean;
  readonly suspended: boolean;
  readonly hasSchemas: boolean;
  /** Why nobody can tell what it says; it says nothing else then. */
  readonly unreadable?: string;
}

/** Most keys in it. An org has no more than 100, but for those that had more before that was so. */
export const MOST_IN_STATE = 500;

const wholeState = z.object({
  keys: z
    .array(
      z.object({
        key_id: z.string().min(1),
        hash: z.string().min(1),
        scopes: z.array(z.string()),
        expires_at: z.iso.datetime().optional(),
      }),
    )
    .max(MOST_IN_STATE),
  has_more: z.boolean().optional(),
  suspended: z.boolean().optional(),
  has_schemas: z.boolean().optional(),
});

const DAMAGED = "what is stored of the org's state is damaged";
const NEWER = "a newer release wrote the org's state, and this instance cannot read it";
export const GONE = "the org's state is gone";

/** The document as it is, with members that this release does not know. Throws AppError `store_unavailable`. */
export function requireWhole(state: OrgStateDocument): OrgStateDocument {
  if (wholeState.safeParse(state).success) return state;
  throw stateError(DAMAGED);
}

export function stateError(reason: string): AppError {
  return new UnreadableError("what is known of the org cannot be told", reason);
}

export function toOrgState(document: OrgStateDocument, etag: string): OrgState {
  if (!isReadable("org_state", document)) {
    reached("org-state-newer");
    return unreadableState(NEWER, etag);
  }
  if (!wholeState.safeParse(document).success) {
    reached("org-state-damaged");
    return unreadableState(DAMAGED, etag);
  }
  const { keys, has_more: hasMore = false, suspended = false, has_schemas: hasSchemas = false } = document;
  return { etag, keys: new Map(keys.map((key) => [key.key_id, key])), hasMore, suspended, hasSchemas };
}

export function unreadableState(unreadable: string, etag = ""): OrgState {
  return { etag, keys: new Map(), hasMore: false, suspended: false, hasSchemas: false, unreadable };
}

/** With this key, or with its new end. `at`: ms since 1970; keys that have ended by then leave. */
export function withKey(state: OrgStateDocument, key: StateKey, at: number): OrgStateDocument {
  const { keys, has_more = false } = withoutKey(state, key.key_id, at);
  return { ...state, ...boundKeys([...keys, key], has_more) };
}

export function withoutKey(state: OrgStateDocument, keyId: string, at: number): OrgStateDocument {
  const keys = state.keys.filter((key) => key.key_id !== keyId && !hasExpired(key, at));
  return { ...state, keys };
}

/** As many of an org's keys as the state has room for, and of each what the state has of it. */
export function boundKeys(keys: readonly StateKey[], hasMore: boolean): Pick<OrgStateDocument, "keys" | "has_more"> {
  const few = keys.slice(0, MOST_IN_STATE).map(({ key_id, hash, scopes, expires_at }) => {
    return { key_id, hash, scopes, ...(expires_at === undefined ? undefined : { expires_at }) };
  });
  return { keys: few, has_more: hasMore || keys.length > few.length };
}

export function hasExpired({ expires_at }: Pick<StateKey, "expires_at">, at: number): boolean {
  return expires_at !== undefined && Date.parse(expires_at) <= at;
}
