import { AppError } from "../errors.ts";
import { KEY_TAG_BYTES, type KeyRing, MAC_BYTES, purposeOf } from "../receipt/key-ring.ts";
import { readBase64Url } from "../runtime/base64url.ts";
import { reached } from "../runtime/reached.ts";
import { formats, isRead, newerThanThis } from "../store/formats.ts";

/** The last event of a page, in the order newest first. */
export interface Position {
  readonly timestamp: string;
  readonly id: string;
}

const HEADER_BYTES = 1 + KEY_TAG_BYTES + MAC_BYTES;

/** A cursor is a position under a MAC that is bound to the org and to the filters: it works nowhere else. */
export function signCursor(keys: KeyRing, orgId: string, filters: string, { timestamp, id }: Position): string {
  const payload = Buffer.from(JSON.stringify([timestamp, id]));
  const version = formats.cursor.writes;
  const { tag, mac } = keys.sign(purposeOf(`cursor\0${filters}`, version), orgId, payload);
  return Buffer.concat([Buffer.of(version), tag, mac, payload]).toString("base64url");
}

/**
 * Throws AppError `invalid_cursor`, which is the same for a forged cursor, another org's and one of other filters, and
 * `store_unavailable` for one that a newer release gave: version, key tag and MAC stand where they are in every
 * version.
 */
export function verifyCursor(keys: KeyRing, orgId: string, filters: string, cursor: string): Position {
  const bytes = readBase64Url(cursor) ?? Buffer.alloc(0);
  const payload = bytes.subarray(HEADER_BYTES);
  const tag = bytes.subarray(1, 1 + KEY_TAG_BYTES);
  const mac = bytes.subarray(1 + KEY_TAG_BYTES, HEADER_BYTES);
  const version = bytes[0] ?? 0;
  if (keys.verify(purposeOf(`cursor\0${filters}`, version), orgId, payload, tag, mac)) {
    if (!isRead("cursor", version)) {
      reached("cursor-of-newer-release");
      throw newerThanThis("cursor", version);
    }
    const [timestamp, id] = JSON.parse(payload.toString()) as [string, string];
    return { timestamp, id };
  }
  throw new AppError("invalid_cursor", "the cursor is not one that was returned to this org for these filters");
}
