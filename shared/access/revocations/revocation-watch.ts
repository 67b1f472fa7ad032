import type { Principal } from "../../identity/principal.ts";
import { Refreshed } from "../../runtime/refreshed.ts";
import { type CutOff, cutOffKey, type RevocationStore } from "./revocations.ts";

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

/** The facts by which a cut-off is looked for. */
export interface DatedToken {
  readonly principal: Principal;
  readonly keyId: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
}

/** What this instance knows of cut-offs and suspensions. */
export interface RevocationWatch {
  /** Brings it up to date when that is due. False when it is older than allowed, and the store does not answer. */
  isCurrent(): boolean | Promise<boolean>;
  /** The name of the cut-off that ends this token, if there is one. */
  findCutOff(token: DatedToken): string | undefined;
  /** Whether this API key was revoked. An instance may know it before it knows it of the key itself. */
  isKeyEnded(orgId: string, keyId: string): boolean;
  isSuspended(orgId: string): boolean;
}

/** After a failure the store is left alone for this long. */
const RETRY_MS = 2_000;

const SIGNING_KEY = cutOffKey({ kind: "signing-key", keyId: "" });

/**
 * Without a timer of its own: an instance without requests asks nothing, and its first request after a pause waits for
 * the answer.
 */
export function createRevocationWatch(store: RevocationStore, options: WatchOptions): RevocationWatch {
  const { pollMs, staleMs = 25_000, waitMs = 2_000, now = Date.now, onSigningKeyRevoked } = options;
  const cutOffs = new Map<string, CutOff>();
  const suspended = new Set<string>();
  let mark: number | undefined;

  const hold = (found: CutOff): void => {
    const { key, before } = found;
    const held = cutOffs.get(key);
    if (!held && key.startsWith(SIGNING_KEY)) onSigningKeyRevoked?.(key.slice(SIGNING_KEY.length));
    if (!held || held.before < before) cutOffs.set(key, found);
  };

  const prune = (): void => {
    for (const [key, { expiresAt }] of cutOffs) if (expiresAt < now()) cutOffs.delete(key);
  };

  const readChanges = async (): Promise<void> => {
    const found = await store.readChanges(mark);
    for (const change of found.changes) {
      if (change.kind === "cut-off") hold(change);
      else if (change.suspended) suspended.add(change.orgId);
      else suspended.delete(change.orgId);
    }
    prune();
    mark = found.mark;
  };
  const rules = { refreshMs: pollMs, staleMs, goodMs: staleMs, waitMs, restMs: RETRY_MS, now };
  const known = new Refreshed(readChanges, rules);

  /**
   * What a token's own time says is worth only as much as the read behind it, and a replica may have lagged. Only a
   * member's tokens need it: after a cut-off a member goes on with another role, or joins again. Nothing else that was
   * ended comes back.
   */
  const endsSubject = (key: string, subject: string, issuedAt: number): boolean => {
    const found = cutOffs.get(key);
    return found !== undefined && (!subject.startsWith("member:") || issuedAt < found.before);
  };

  return {
    isCurrent: () => {
      const answer = known.current();
      return answer instanceof Promise ? answer.then((came) => came !== undefined) : answer !== undefined;
    },
    findCutOff: ({ principal: { orgId, tokenId, subject, sessionId }, keyId, issuedAt }) => {
      if (cutOffs.size === 0) return undefined;
      const leaked = cutOffKey({ kind: "signing-key", keyId });
      // With the key, anyone can write any time into a token.
      if (cutOffs.has(leaked)) return leaked;
      const ofSubject = cutOffKey({ kind: "subject", orgId, subject });
      if (endsSubject(ofSubject, subject, issuedAt)) return ofSubject;
      const keys = [
        cutOffKey({ kind: "token", orgId, tokenId }),
        ...(sessionId === undefined ? [] : [cutOffKey({ kind: "session", orgId, sessionId })]),
      ];
      return keys.find((key) => cutOffs.has(key));
    },
    isKeyEnded: (orgId, keyId) => cutOffs.has(cutOffKey({ kind: "subject", orgId, subject: `key:${keyId}` })),
    isSuspended: (orgId) => suspended.has(orgId),
  };
}

/** Whether an org is suspended, as far as is known at the moment. */
export function createIsSuspended(watch: RevocationWatch): (orgId: string) => Promise<boolean> {
  return async (orgId) => {
    await watch.isCurrent();
    return watch.isSuspended(orgId);
  };
}
