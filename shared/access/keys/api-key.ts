import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { isOrgId } from "../../identity/org-id.ts";

/**
 * `hr_<org_id>_<key id>_<secret><checksum>`, or `hrp_…` for a publishable key. The hash is that of all of it, so that
 * neither can be passed off as the other. The org is in clear, so that a key finds its own partition. The secret has
 * 256 random bits, so that a plain SHA-256 is enough at rest. The checksum is a CRC-32, so that a mistyped key is
 * refused without asking the store.
 */
export interface ParsedApiKey {
  readonly orgId: string;
  readonly keyId: string;
  readonly hash: string;
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_CHARS = 43;
const CHECKSUM_CHARS = 6;
const SHAPE = new RegExp(
  `^hrp?_([^_]+)_([0-9A-Za-z]{12})_([0-9A-Za-z]{${SECRET_CHARS}})([0-9A-Za-z]{${CHECKSUM_CHARS}})$`,
);

export function isKeyId(text: string): boolean {
  return /^[0-9A-Za-z]{12}$/.test(text);
}

export function makeApiKey(orgId: string, { publishable = false } = {}): ParsedApiKey & { readonly key: string } {
  const keyId = toBase62(BigInt(`0x${randomBytes(8).toString("hex")}`), 12);
  const secret = toBase62(BigInt(`0x${randomBytes(32).toString("hex")}`), SECRET_CHARS);
  const unchecked = `${publishable ? "hrp" : "hr"}_${orgId}_${keyId}_${secret}`;
  const key = unchecked + checksumOf(unchecked);
  return { key, orgId, keyId, hash: hashOf(key) };
}

/** The parts of a well-formed key, or undefined. Says nothing about whether it is known. */
export function parseApiKey(key: string): ParsedApiKey | undefined {
  const match = key.length <= 256 ? SHAPE.exec(key) : null;
  const [, orgId, keyId, , checksum] = match ?? [];
  if (orgId === undefined || keyId === undefined || !isOrgId(orgId)) return undefined;
  if (checksumOf(key.slice(0, -CHECKSUM_CHARS)) !== checksum) return undefined;
  return { orgId, keyId, hash: hashOf(key) };
}

function hashOf(key: string): string {
  return hash("sha256", key, "base64url");
}

function checksumOf(text: string): string {
  let digits = "";
  // 32 bits: no BigInt, which is slow, and this is done at every request.
  for (let rest = crc32(text); rest > 0; rest = Math.floor(rest / 62)) digits = `${BASE62[rest % 62]}${digits}`;
  return digits.padStart(CHECKSUM_CHARS, "0");
}

function toBase62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; rest > 0n; rest /= 62n) text = `${BASE62[Number(rest % 62n)]}${text}`;
  return text.padStart(length, "0");
}
