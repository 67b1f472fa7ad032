import { crc32 } from "node:zlib";
import type { StoredApiKey } from "./identity-store.ts";

export interface LastUsedStore {
  /** Notes that a key was used on a day (UTC), unless a later one is noted. */
  noteKeyUse(orgId: string, keyId: string, day: string): Promise<void>;
}

/** Takes note of a key's use; never waits and never fails. */
export type NoteKeyUse = (key: StoredApiKey) => void;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * One write for a key, a day and an instance. A lost note is made again when the key is next used.
 *
 * At midnight, UTC, the day is over for every key at once. So a key that the instance noted the day before is noted at
 * its own moment of the first hour, or when it is used after that. One that rests for longer is noted at once: so a key
 * that is used in that hour only is a day behind at most.
 */
export function createNoteKeyUse(store: LastUsedStore, { now }: { readonly now: () => number }): NoteKeyUse {
  let [noted, yesterday] = [new Set<string>(), new Set<string>()];
  let [days, day] = [Number.NaN, ""];
  return ({ orgId, keyId }) => {
    const at = now();
    if (Math.floor(at / DAY_MS) !== days) {
      yesterday = Math.floor(at / DAY_MS) === days + 1 ? noted : new Set();
      noted = new Set();
      [days, day] = [Math.floor(at / DAY_MS), dayOf(at)];
    }
    const id = `${orgId}_${keyId}`;
    if (noted.has(id) || (yesterday.has(id) && at % DAY_MS < momentOf(id))) return;
    const today = noted;
    today.add(id);
    store.noteKeyUse(orgId, keyId, day).catch(() => today.delete(id));
  };
}

/** Milliseconds after midnight, within an hour: the same on every instance. */
function momentOf(id: string): number {
  return crc32(id) % HOUR_MS;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
