import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

/** Length of a key's tag in bytes: it says which key signed, and nothing about the key. */
export const KEY_TAG_BYTES = 4;
/** Length of a MAC in bytes: HMAC-SHA256, truncated (RFC 2104, section 5: not below half of the hash's output). */
export const MAC_BYTES = 16;

/** What only has to tell what was made up, and has no room for more. */
const SHORT_MAC_BYTES = 6;

/** Signs what clients hand back later (receipts, cursors). The first key signs, every key verifies. */
export interface KeyRing {
  /** The tag of the key that signs now, and the MAC. */
  sign(purpose: string, orgId: string, payload: Uint8Array): { readonly tag: Buffer; readonly mac: Buffer };
  verify(purpose: string, orgId: string, payload: Uint8Array, tag: Uint8Array, mac: Uint8Array): boolean;
  /** The same for the beginning of a MAC, at least 6 bytes, whose key nothing says: it may be any of the ring's. */
  verifyShort(purpose: string, orgId: string, payload: Uint8Array, mac: Uint8Array): boolean;
  /**
   * 32 secret bytes that only the key of `tag` gives, or, without a tag, the key that signs now. Undefined when there
   * is no such key.
   */
  derive(purpose: string, orgId: string, payload: Uint8Array, tag?: Uint8Array): Derived | undefined;
  /** Whether the key of this tag is in the ring. */
  knows(tag: Uint8Array): boolean;
}

export interface Derived {
  readonly tag: Buffer;
  readonly secret: Buffer;
}

/** The tag of a text that a ring signed: receipts and cursors begin with a version byte and the tag, base64url. */
export function tagOf(signed: string): Buffer {
  return Buffer.from(signed.slice(0, 8), "base64url").subarray(1, 1 + KEY_TAG_BYTES);
}

/**
 * What a MAC is for, with the version of what it stands in: nobody can make a text of one version look like one of
 * another. Version 1 is not named: it was there before there were others.
 */
export function purposeOf(name: string, version: number): string {
  return version === 1 ? name : `${name}\0v${version}`;
}

/** `keys`: the one that signs comes first. Throws an Error when there is none. */
export function createKeyRing(keys: readonly Buffer[]): KeyRing {
  const ring = keys.map((key) => ({
    // Made once: handing the bytes over at each signature costs five times as much as the MAC.
    key: createSecretKey(key),
    tag: createHash("sha256").update("tag\0").update(key).digest().subarray(0, KEY_TAG_BYTES),
  }));
  const [signer] = ring;
  if (!signer) throw new Error("a key ring needs at least one key");
  const hmacOf = (key: KeyObject, purpose: string, orgId: string, payload: Uint8Array): Buffer =>
    createHmac("sha256", key).update(`${purpose}\0${orgId}\0`).update(payload).digest();
  const macOf = (...signed: Parameters<typeof hmacOf>): Buffer => hmacOf(...signed).subarray(0, MAC_BYTES);
  return {
    sign: (purpose, orgId, payload) => ({ tag: signer.tag, mac: macOf(signer.key, purpose, orgId, payload) }),
    verify: (purpose, orgId, payload, tag, mac) =>
      mac.length === MAC_BYTES &&
      ring.some((entry) => entry.tag.equals(tag) && timingSafeEqual(macOf(entry.key, purpose, orgId, payload), mac)),
    verifyShort: (purpose, orgId, payload, mac) =>
      mac.length >= SHORT_MAC_BYTES &&
      mac.length <= MAC_BYTES &&
      ring.some(({ key }) => timingSafeEqual(macOf(key, purpose, orgId, payload).subarray(0, mac.length), mac)),
    derive: (purpose, orgId, payload, tag) => {
      const entry = tag === undefined ? signer : ring.find((one) => one.tag.equals(tag));
      return entry && { tag: entry.tag, secret: hmacOf(entry.key, `derive\0${purpose}`, orgId, payload) };
    },
    knows: (tag) => ring.some((entry) => entry.tag.equals(tag)),
  };
}
