import type { KeyRing } from "../../receipt/key-ring.ts";
import { uuidv7 } from "../../runtime/uuid.ts";

/**
 * The id of an access token, its `jti`. No store knows which ids were issued. So an id says it: it ends in a MAC that
 * is bound to the org. It is a UUIDv8 (RFC 9562, section 5.8), in bits: `time (ms) 48 | version 4 | random 12 | variant
 * 2 | random 14 | MAC 48`. A MAC of 48 bits keeps out ids that somebody makes up. It does not guard a secret, and
 * whoever can try one may end all tokens of the org anyway. So it stays a UUID.
 */
const SIGNED_BYTES = 10;
const PURPOSE = "token-id";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** `at`: milliseconds since 1970. */
export function mintTokenId(keys: KeyRing, orgId: string, at: number): string {
  const bytes = bytesOf(uuidv7(at));
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  const { mac } = keys.sign(PURPOSE, orgId, bytes.subarray(0, SIGNED_BYTES));
  mac.copy(bytes, SIGNED_BYTES);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Whether one of these keys made the id, for this org. */
export function isTokenIdOf(keys: KeyRing, orgId: string, tokenId: string): boolean {
  if (!UUID.test(tokenId)) return false;
  const bytes = bytesOf(tokenId);
  return keys.verifyShort(PURPOSE, orgId, bytes.subarray(0, SIGNED_BYTES), bytes.subarray(SIGNED_BYTES));
}

/** When the id was made, in ms since 1970, by the clock of whoever made it. */
export function timeOfTokenId(tokenId: string): number {
  return bytesOf(tokenId).readUIntBE(0, 6);
}

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}
