import { AppError } from "../../errors.ts";
import { hasExpired, type OrgStateDocument } from "../../org/org-state.ts";
import type { IdentityDocuments } from "../documents/identity-documents.ts";

/** Most keys of an org that work at once: an instance asks for them together, and remembers them. */
export const MOST_LIVE_KEYS = 100;
/** How many of them a refusal names. */
const OLDEST_NAMED = 5;

/**
 * Throws AppError `too_many_keys` when the org has no room for one more. Its state is written with the change: two that
 * add the last key at once meet at its ETag. `leaving`: the id of a key that ends in the same transaction.
 */
export async function requireRoom(
  documents: Pick<IdentityDocuments, "list">,
  { org_id, keys }: OrgStateDocument,
  at: number,
  leaving?: string,
): Promise<void> {
  const live = keys.filter((key) => key.key_id !== leaving && !hasExpired(key, at)).map(({ key_id }) => key_id);
  if (live.length >= MOST_LIVE_KEYS) throw await tooManyKeys(documents, org_id, live);
}

async function tooManyKeys(
  documents: Pick<IdentityDocuments, "list">,
  orgId: string,
  live: readonly string[],
): Promise<AppError> {
  const found = (await documents.list("api_key", orgId)).map(({ value }) => value);
  const oldest = found
    .filter(({ key_id }) => live.includes(key_id))
    .sort((a, b) => (a.created_at < b.created_at ? -1 : 1))
    .slice(0, OLDEST_NAMED);
  return new AppError("too_many_keys", `an org has at most ${MOST_LIVE_KEYS} API keys that work at once`, {
    members: {
      limit: MOST_LIVE_KEYS,
      oldest_keys: oldest.map(({ key_id, name = "", created_at, last_used_on = null }) => {
        return { key_id, name, created_at, last_used_on };
      }),
    },
  });
}
