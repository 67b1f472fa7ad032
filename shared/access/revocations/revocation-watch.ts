import { Refreshed } from "../../runtime/refreshed.ts";
import { createHeldCutOffs, type DatedToken } from "./held-cut-offs.ts";
import type { RevocationStore } from "./revocations.ts";

export interface WatchOptions {
  /** Age in ms at which the answer is asked for again, while requests go on. */
  readonly pollMs: number;
  /** Age in ms from which a request waits for a new answer: an older one is not honoured. */
  readonly staleMs?: number;
  /** Longest that a request waits, in ms. */
  readonly waitMs?: number;
  readonly now?: () => number;
  /** Called with the ids of signing keys that were given up as leaked, once for each. */
  readonly onSigningKeyRevoked?: (keyId: string) => void;
}

/** What this instance knows of cut-offs and suspensions. */
export interface RevocationWatch {
  /** Brings it up to date when that is due. False when it is older than allowed, and the store does not answer. */
  isCurrent(): boolean | Promise<boolean>;
  /** The name of the cut-off that ends this token, if there is one. */
  findCutOff(token: DatedToken): string | undefined;
  /** Whether this API key was revoked. An instance may know it before it knows it of the key itself. */
  isKeyEnded(orgId: string, keyId: string): boolean;
  /** How many cut-offs of tokens, sessions, members and keys of the org there are. */
  countCutOffs(orgId: string): number;
  isSuspended(orgId: string): boolean;
  /** Calls `listener` with each org of which an API key was changed so that instances must ask for its keys again. */
  onKeysChanged(listener: (orgId: string) => void): void;
}

/** After a failure the store is left alone for this long. */
const RETRY_MS = 2_000;

/**
 * Without a timer of its own: an instance without requests asks nothing, and its first request after a pause waits for
 * the answer.
 */
export function createRevocationWatch(store: RevocationStore, options: WatchOptions): RevocationWatch {
  const { pollMs, staleMs = 25_000, waitMs = 2_000, now = Date.now, onSigningKeyRevoked = () => undefined } = options;
  const listeners: ((orgId: string) => void)[] = [];
  const onKeysChanged = (orgId: string): void => {
    for (const listener of listeners) listener(orgId);
  };
  const cutOffs = createHeldCutOffs({ onSigningKeyRevoked, onKeysChanged });
  const suspended = new Set<string>();
  let mark: number | undefined;

  const readChanges = async (): Promise<void> => {
    const found = await store.readChanges(mark);
    for (const change of found.changes) {
      if (change.kind === "cut-off") cutOffs.hold(change);
      else if (change.suspended) suspended.add(change.orgId);
      else suspended.delete(change.orgId);
    }
    cutOffs.prune(now());
    mark = found.mark;
  };
  const rules = { refreshMs: pollMs, staleMs, goodMs: staleMs, waitMs, restMs: RETRY_MS, now };
  const known = new Refreshed(readChanges, rules);

  return {
    isCurrent: () => {
      const answer = known.current();
      return answer instanceof Promise ? answer.then((came) => came !== undefined) : answer !== undefined;
    },
    findCutOff: cutOffs.find,
    isKeyEnded: cutOffs.hasKey,
    countCutOffs: cutOffs.count,
    isSuspended: (orgId) => suspended.has(orgId),
    onKeysChanged: (listener) => void listeners.push(listener),
  };
}

/** Whether an org is suspended, as far as is known at the moment. */
export function createIsSuspended(watch: RevocationWatch): (orgId: string) => Promise<boolean> {
  return async (orgId) => {
    await watch.isCurrent();
    return watch.isSuspended(orgId);
  };
}
