import { z } from "zod";
import { SERVICE_ORG_ID } from "../../identity/org-id.ts";
import { KEY_TAG_BYTES, MAC_BYTES, purposeOf } from "../../receipt/key-ring.ts";
import { readBase64Url } from "../../runtime/base64url.ts";
import type { KeyRings } from "../../secrets/key-rings.ts";
import { formats, isRead, newerThanThis } from "../../store/formats.ts";

const MAC_AT = 1 + KEY_TAG_BYTES;
const PAYLOAD_AT = MAC_AT + MAC_BYTES;
const envelope = z.object({ until: z.number(), value: z.unknown() });

/** The purpose of a cookie's value. A value made for one purpose is worth nothing for another. */
export type Purpose = "sign-in" | "invitation" | "choice";

/** A value that only we can make, good for a while: a cookie carries it from one step of a sign-in to the next. */
export async function sealValue(keyRings: KeyRings, purpose: Purpose, value: unknown, until: number): Promise<string> {
  const payload = Buffer.from(JSON.stringify({ until, value }));
  const version = formats.cookie.writes;
  const { tag, mac } = (await keyRings.current()).sign(
    purposeOf(`cookie\0${purpose}`, version),
    SERVICE_ORG_ID,
    payload,
  );
  return Buffer.concat([Buffer.of(version), tag, mac, payload]).toString("base64url");
}

/**
 * Undefined when we did not seal the text for this purpose, or when it is too old. Throws AppError `store_unavailable`
 * for one that a newer release sealed.
 */
export async function openValue<T extends z.ZodType>(
  keyRings: KeyRings,
  purpose: Purpose,
  sealed: string | undefined,
  schema: T,
  at: number,
): Promise<z.output<T> | undefined> {
  if (sealed === undefined) return undefined;
  const bytes = readBase64Url(sealed) ?? Buffer.alloc(0);
  const payload = bytes.subarray(PAYLOAD_AT);
  const keys = await keyRings.knowing(sealed);
  const [tag, mac] = [bytes.subarray(1, MAC_AT), bytes.subarray(MAC_AT, PAYLOAD_AT)];
  const version = bytes[0] ?? 0;
  if (!keys.verify(purposeOf(`cookie\0${purpose}`, version), SERVICE_ORG_ID, payload, tag, mac)) return undefined;
  if (!isRead("cookie", version)) throw newerThanThis("cookie", version);
  const { until, value } = envelope.parse(JSON.parse(payload.toString()));
  return until > at ? schema.parse(value) : undefined;
}
