import { crc32 } from "node:zlib";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * A well-formed key with the org and key id of a true one, and a secret that is made up: anyone can compute the
 * checksum.
 */
export function forgeApiKey(key: string): string {
  const [prefix = "", orgId = "", keyId = ""] = key.split("_");
  const secret = makeApiKey(orgId).key.split("_").at(-1)?.slice(0, -6);
  const forged = [prefix, orgId, keyId, secret].join("_");
  let rest = crc32(forged);
  const digits = Array.from({ length: 6 }, () => {
    const digit = BASE62[rest % 62];
    rest = Math.floor(rest / 62);
    return digit;
  });
  return forged + digits.reverse().join("");
}
