import { AppError } from "../../errors.ts";
import type {
  ApiKeyDocument,
  EndedKeyDocument,
  IdentityDocuments,
  Versioned,
  Write,
} from "../documents/identity-documents.ts";

/** Most keys of an org that work at once: an instance asks for them together, and remembers them. */
export const MOST_LIVE_KEYS = 100;
/** How many of them a refusal names. */
const OLDEST_NAMED = 5;
/** A transaction takes 100 writes. What is left is retired by the changes that follow. */
const RETIRED_AT_ONCE = 50;

/** How long an ended key is still listed, and told from one that never existed. */
export const REMEMBERED_MS = 90 * 24 * 3_600_000;

/**
 * What must be written in the transaction that adds a key, so that the org has no more than it may have: keys that
 * ended meanwhile are retired. The org, or its state, is to be read before and written with it: two that add the last
 * key at once meet there. `leaving`: the id of a key that ends in the same transaction. Throws AppError
 * `too_many_keys`.
 */
export async function makeRoom(
  documents: IdentityDocuments,
  orgId: string,
  at: number,
  leaving?: string,
): Promise<Write[]> {
  const others = (await documents.list("api_key", orgId)).filter(({ value }) => value.key_id !== leaving);
  const live = others.filter(({ value }) => !hasEnded(value, at));
  if (live.length >= MOST_LIVE_KEYS) throw tooManyKeys(live.map(({ value }) => value));
  const ended = others.filter(({ value }) => hasEnded(value, at)).slice(0, RETIRED_AT_ONCE);
  return ended.map(({ value, etag }: Versioned<ApiKeyDocument>) => ({ replace: retire(value, at), etag }));
}

/** The key's document once it has ended, to be forgotten in due time. */
export function retire(key: ApiKeyDocument | EndedKeyDocument, at: number): EndedKeyDocument {
  const { revoked_at, expires_at } = key;
  const ends = [revoked_at, expires_at].filter((time) => time !== undefined).map((time) => Date.parse(time));
  const rememberedMs = Math.min(at, ...ends) + REMEMBERED_MS - at;
  return { ...key, kind: "ended_key", ttl: Math.max(1, Math.ceil(rememberedMs / 1000)) };
}

function hasEnded({ revoked_at, expires_at }: ApiKeyDocument, at: number): boolean {
  return revoked_at !== undefined || (expires_at !== undefined && Date.parse(expires_at) <= at);
}

function tooManyKeys(live: readonly ApiKeyDocument[]): AppError {
  const oldest = live.toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1)).slice(0, OLDEST_NAMED);
  return new AppError("too_many_keys", `an org has at most ${MOST_LIVE_KEYS} API keys that work at once`, {
    members: {
      limit: MOST_LIVE_KEYS,
      oldest_keys: oldest.map(({ key_id, name = "", created_at, last_used_on = null }) => {
        return { key_id, name, created_at, last_used_on };
      }),
    },
  });
}
