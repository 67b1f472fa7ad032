import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isOrgId } from "../identity/org-id.ts";
import { KEY_TAG_BYTES, type KeyRing, MAC_BYTES } from "../signing/key-ring.ts";

/**
 * `hrr_<org>_<session>_<secret, key tag, seal>`: org and session in clear, so that it finds its document; a secret of 256 bits; and a seal, a
 * MAC over all of it. The seal is not what makes it valid (its hash in the session is): it tells an old token of the family, whose use means
 * theft, from what someone makes up around a session id that he has seen.
 */
export interface RefreshToken {
  readonly token: string;
  readonly orgId: string;
  readonly sessionId: string;
  /** SHA-256 of the whole token, base64url: the only form in which it is kept. */
  readonly hash: string;
}

const SECRET_BYTES = 32;
const SHAPE = /^hrr_([^_]{1,64})_([0-9A-Za-z-]{22})_([\w-]{70})$/;

/** A session's id: 128 random bits, without a `_`. */
export function makeSessionId(): string {
  return randomBytes(16).toString("base64url").replaceAll("_", "A");
}

/** The first token of a family. */
export function makeRefreshToken(keys: KeyRing, orgId: string, sessionId: string): RefreshToken {
  const secret = randomBytes(SECRET_BYTES);
  const seal = sealOf(keys, { orgId, sessionId }, secret);
  if (!seal) throw new Error("the key ring has no key");
  return assemble({ orgId, sessionId }, secret, seal);
}

/**
 * The successor of a token: the same whenever it is made from the same token, salt and key. Whoever has a token and reads the store can still
 * not make it, since the key is in neither; nor can whoever has a token and the key, since the salt is in the store. Undefined when the key ring
 * has no key of that tag.
 */
export function deriveSuccessor(
  keys: KeyRing,
  old: RefreshToken,
  salt: string,
  keyTag?: string,
): (RefreshToken & { readonly keyTag: string }) | undefined {
  const payload = Buffer.from(`${old.sessionId}\0${salt}\0${old.token}`);
  const wanted = keyTag === undefined ? undefined : Buffer.from(keyTag, "base64url");
  const derived = keys.derive("refresh-successor", old.orgId, payload, wanted);
  if (!derived) return undefined;
  const { tag, secret } = derived;
  // Sealed by the same key, so that the whole token is the same whichever key signs by now.
  const seal = sealOf(keys, old, secret, tag);
  return seal && { ...assemble(old, secret, seal), keyTag: tag.toString("base64url") };
}

/** Undefined for what no refresh token looks like. Says nothing about whether it is good. */
export function parseRefreshToken(token: string): RefreshToken | undefined {
  const [, orgId, sessionId] = SHAPE.exec(token) ?? [];
  if (orgId === undefined || sessionId === undefined || !isOrgId(orgId)) return undefined;
  return { token, orgId, sessionId, hash: hashOf(token) };
}

/** Whether this deployment made the token at some time, with a key that it still has. */
export function wasOurs(keys: KeyRing, token: RefreshToken): boolean {
  const bytes = Buffer.from(SHAPE.exec(token.token)?.[3] ?? "", "base64url");
  const secret = bytes.subarray(0, SECRET_BYTES);
  const seal = bytes.subarray(SECRET_BYTES);
  const expected = sealOf(keys, token, secret, seal.subarray(0, KEY_TAG_BYTES));
  return expected !== undefined && expected.length === seal.length && timingSafeEqual(expected, seal);
}

type Family = Pick<RefreshToken, "orgId" | "sessionId">;

function sealOf(keys: KeyRing, { orgId, sessionId }: Family, secret: Buffer, keyTag?: Buffer): Buffer | undefined {
  const payload = Buffer.concat([Buffer.from(`${sessionId}\0`), secret]);
  const derived = keys.derive("refresh-seal", orgId, payload, keyTag);
  return derived && Buffer.concat([derived.tag, derived.secret.subarray(0, MAC_BYTES)]);
}

function assemble({ orgId, sessionId }: Family, secret: Buffer, seal: Buffer): RefreshToken {
  const token = `hrr_${orgId}_${sessionId}_${Buffer.concat([secret, seal]).toString("base64url")}`;
  return { token, orgId, sessionId, hash: hashOf(token) };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
