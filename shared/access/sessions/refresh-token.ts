import { createHash, randomBytes } from "node:crypto";
import { isOrgId } from "../../identity/org-id.ts";
import { KEY_TAG_BYTES, type KeyRing, MAC_BYTES, purposeOf } from "../../receipt/key-ring.ts";
import { formats } from "../../store/formats.ts";

/**
 * `hrr_<org>_<session>_<version, key tag, secret, seal>`. Org and session are in clear, so that the token finds its
 * document. The secret has 256 bits. The seal is a MAC over all of it. The seal does not make the token valid; its hash
 * in the session does. The seal tells an old token of the family, whose use means theft, from one that someone made up
 * around a session id that they have seen.
 */
export interface RefreshToken {
  readonly token: string;
  readonly orgId: string;
  readonly sessionId: string;
  /** The last part, which says by which key it is sealed. */
  readonly sealed: string;
  /** SHA-256 of the whole token, base64url: the only form in which it is kept. */
  readonly hash: string;
}

const SECRET_BYTES = 32;
const SECRET_AT = 1 + KEY_TAG_BYTES;
const SHAPE = /^hrr_([^_]{1,64})_([0-9A-Za-z-]{22})_([\w-]{71})$/;

/** A session's id: 128 random bits, without a `_`. */
export function makeSessionId(): string {
  return randomBytes(16).toString("base64url").replaceAll("_", "A");
}

export function isSessionId(text: string): boolean {
  return /^[0-9A-Za-z-]{22}$/.test(text);
}

/** The first token of a family. */
export function makeRefreshToken(keys: KeyRing, orgId: string, sessionId: string): RefreshToken {
  const token = seal(keys, { orgId, sessionId }, randomBytes(SECRET_BYTES));
  if (!token) throw new Error("the key ring has no key");
  return token;
}

/**
 * The successor of a token: the same whenever it is made from the same token, salt and key. A token and a look at the
 * store are not enough to make it, since the key is in neither. A token and the key are not enough either, since the
 * salt is in the store. Undefined when the key ring has no key of that tag.
 */
export function deriveSuccessor(
  keys: KeyRing,
  old: RefreshToken,
  salt: string,
  keyTag?: Uint8Array,
): RefreshToken | undefined {
  const payload = Buffer.from(`${old.sessionId}\0${salt}\0${old.token}`);
  const derived = keys.derive("refresh-successor", old.orgId, payload, keyTag);
  // Sealed by the same key, so that the whole token is the same, whichever key signs by now.
  return derived && seal(keys, old, derived.secret, derived.tag);
}

/** Undefined for a text that does not look like a refresh token. Says nothing about whether the token is good. */
export function parseRefreshToken(token: string): RefreshToken | undefined {
  const [, orgId, sessionId, sealed] = SHAPE.exec(token) ?? [];
  if (orgId === undefined || sessionId === undefined || sealed === undefined || !isOrgId(orgId)) return undefined;
  return { token, orgId, sessionId, sealed, hash: hashOf(token) };
}

/** Whether this deployment once made the token, with a key that it still has. */
export function wasOurs(keys: KeyRing, token: RefreshToken): boolean {
  const bytes = Buffer.from(token.sealed, "base64url");
  const secret = bytes.subarray(SECRET_AT, SECRET_AT + SECRET_BYTES);
  const expected = seal(keys, token, secret, bytes.subarray(1, SECRET_AT), versionOfSeal(token));
  return expected?.hash === token.hash;
}

/** The version of the release that made the token, or claims to have. */
export function versionOfSeal({ sealed }: RefreshToken): number {
  return Buffer.from(sealed.slice(0, 4), "base64url")[0] ?? 0;
}

type Family = Pick<RefreshToken, "orgId" | "sessionId">;

function seal(
  keys: KeyRing,
  { orgId, sessionId }: Family,
  secret: Buffer,
  keyTag?: Uint8Array,
  version: number = formats.refresh_token.writes,
): RefreshToken | undefined {
  const payload = Buffer.concat([Buffer.from(`${sessionId}\0`), secret]);
  const derived = keys.derive(purposeOf("refresh-seal", version), orgId, payload, keyTag);
  if (!derived) return undefined;
  const mac = derived.secret.subarray(0, MAC_BYTES);
  const sealed = Buffer.concat([Buffer.of(version), derived.tag, secret, mac]).toString("base64url");
  const token = `hrr_${orgId}_${sessionId}_${sealed}`;
  return { token, orgId, sessionId, sealed, hash: hashOf(token) };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
