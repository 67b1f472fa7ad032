import type { Principal } from "../../identity/principal.ts";
import { type CutOff, cutOffKey } from "./revocations.ts";

/** The facts by which a cut-off is looked for. */
export interface DatedToken {
  readonly principal: Principal;
  readonly keyId: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
}

/** The cut-offs that an instance holds in memory. */
export interface HeldCutOffs {
  hold(found: CutOff): void;
  /** Lets go of those that have expired. */
  prune(now: number): void;
  /** The name of the cut-off that ends this token, if there is one. */
  find(token: DatedToken): string | undefined;
  hasKey(orgId: string, keyId: string): boolean;
  /** How many there are of parts of the org. */
  count(orgId: string): number;
}

const SIGNING_KEY = cutOffKey({ kind: "signing-key", keyId: "" });
/** What instances know of the org's API keys is good no more. */
const CHANGING_KEYS = [cutOffKey({ kind: "keys", orgId: "" }), cutOffKey({ kind: "org", orgId: "" })];
const PARTS = ["token", "session", "subject"];

export interface CutOffListeners {
  onSigningKeyRevoked(keyId: string): void;
  onKeysChanged(orgId: string): void;
}

export function createHeldCutOffs({ onSigningKeyRevoked, onKeysChanged }: CutOffListeners): HeldCutOffs {
  const cutOffs = new Map<string, CutOff>();

  /**
   * What a token's own time says is worth only as much as the read behind it, and a replica may have lagged. Only a
   * member's tokens need it: after a cut-off a member goes on with another role, or joins again. Nothing else that was
   * ended comes back.
   */
  const endsSubject = (key: string, subject: string, issuedAt: number): boolean =>
    cutOffs.has(key) && (!subject.startsWith("member:") || endsEarlier(key, issuedAt));

  const endsEarlier = (key: string, issuedAt: number): boolean => {
    const found = cutOffs.get(key);
    return found !== undefined && issuedAt < found.before;
  };

  return {
    hold: (found) => {
      const { key, before } = found;
      const held = cutOffs.get(key);
      if (!held && key.startsWith(SIGNING_KEY)) onSigningKeyRevoked(key.slice(SIGNING_KEY.length));
      if (held && held.before >= before) return;
      cutOffs.set(key, found);
      for (const kind of CHANGING_KEYS) if (key.startsWith(kind)) onKeysChanged(key.slice(kind.length));
    },
    prune: (now) => {
      for (const [key, { expiresAt }] of cutOffs) if (expiresAt < now) cutOffs.delete(key);
    },
    find: ({ principal: { orgId, tokenId, subject, sessionId }, keyId, issuedAt }) => {
      if (cutOffs.size === 0) return undefined;
      const ofSubject = cutOffKey({ kind: "subject", orgId, subject });
      const ofOrg = cutOffKey({ kind: "org", orgId });
      const final = [
        // With a leaked key, anyone can write any time into a token.
        cutOffKey({ kind: "signing-key", keyId }),
        cutOffKey({ kind: "token", orgId, tokenId }),
        ...(sessionId === undefined ? [] : [cutOffKey({ kind: "session", orgId, sessionId })]),
      ];
      const found = final.find((key) => cutOffs.has(key));
      if (found !== undefined) return found;
      if (endsSubject(ofSubject, subject, issuedAt)) return ofSubject;
      return endsEarlier(ofOrg, issuedAt) ? ofOrg : undefined;
    },
    count: (orgId) => countOf(cutOffs, orgId),
    hasKey: (orgId, keyId) => cutOffs.has(cutOffKey({ kind: "subject", orgId, subject: `key:${keyId}` })),
  };
}

function countOf(cutOffs: ReadonlyMap<string, CutOff>, orgId: string): number {
  const beginnings = PARTS.map((kind) => `${kind} ${orgId} `);
  let count = 0;
  for (const key of cutOffs.keys()) if (beginnings.some((beginning) => key.startsWith(beginning))) count++;
  return count;
}
