import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";

/** Documents of an org that share a partition. Both methods throw AppError `store_unavailable`. */
export interface Changeable<W> {
  /** Makes later reads see what was written to this org before this call, by whatever instance. */
  catchUp(orgId: string): Promise<void>;
  /** All of the writes or none. False when something that is created is there, or something replaced has changed. */
  commit(orgId: string, writes: readonly W[]): Promise<boolean>;
}

/** What one look at the store leads to: the writes, and the answer once they are done. */
export interface Step<T, W> {
  readonly writes: readonly W[];
  readonly result: T;
}

/** A change meets others only within its org; more tries than this in a row lose only when something is wrong. */
const MOST_TRIES = 12;

/**
 * Reads, decides and writes in one transaction, anew as long as something read has changed in between. `decide` throws
 * to refuse. It sees what any instance has written before this call: the ETags of a transaction say that only of what
 * is replaced in it, and not of what else was read, or of a decision to refuse or to write nothing. Throws AppError
 * `store_unavailable` when others are faster every time.
 */
export async function change<T, W>(
  documents: Changeable<W>,
  orgId: string,
  decide: () => Promise<Step<T, W>>,
): Promise<T> {
  await documents.catchUp(orgId);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (tries > 1) await sleep(Math.random() * 10 * 2 ** Math.min(tries, 6));
    const { writes, result } = await decide();
    if (writes.length === 0 || (await documents.commit(orgId, writes))) return result;
    reached("change-decided-anew");
  }
  reached("change-lost-each-time");
  throw new AppError("store_unavailable", "too many changes to the same thing at once", { retryAfter: 1 });
}
