import type { StoredApiKey } from "./identity-store.ts";

export interface LastUsedStore {
  /** Notes that a key was used on a day (UTC), unless a later one is noted. */
  noteKeyUse(orgId: string, keyId: string, day: string): Promise<void>;
}

/** Takes note of a key's use; never waits and never fails. */
export type NoteKeyUse = (key: StoredApiKey) => void;

/**
 * One write for a key, a day and an instance; none where the store already knows the day, which comes with the key. A
 * lost note is made again when the key is next asked for.
 */
export function createNoteKeyUse(store: LastUsedStore, { now }: { readonly now: () => number }): NoteKeyUse {
  const noted = new Map<string, string>();
  let today = "";
  return ({ orgId, keyId, lastUsedOn }) => {
    const day = new Date(now()).toISOString().slice(0, 10);
    if (day !== today) noted.clear();
    today = day;
    const id = `${orgId}_${keyId}`;
    if ((lastUsedOn ?? "") >= day || noted.get(id) === day) return;
    noted.set(id, day);
    store.noteKeyUse(orgId, keyId, day).catch(() => noted.delete(id));
  };
}
