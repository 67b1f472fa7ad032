import { z } from "zod";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { KEY_TAG_BYTES, type KeyRing, MAC_BYTES } from "../signing/key-ring.ts";

const HEADER_BYTES = KEY_TAG_BYTES + MAC_BYTES;
const envelope = z.object({ until: z.number(), value: z.unknown() });

/** A value that only we can have made, for a while and one purpose: what a cookie carries from one step of a sign-in to the next. */
export function sealValue(keys: KeyRing, purpose: string, value: unknown, until: number): string {
  const payload = Buffer.from(JSON.stringify({ until, value }));
  const { tag, mac } = keys.sign(`cookie\0${purpose}`, SERVICE_ORG_ID, payload);
  return Buffer.concat([tag, mac, payload]).toString("base64url");
}

/** Undefined for what is not sealed by us for this purpose, or is too old. */
export function openValue<T extends z.ZodType>(
  keys: KeyRing,
  purpose: string,
  sealed: string | undefined,
  schema: T,
  at: number,
): z.output<T> | undefined {
  const bytes = Buffer.from(sealed ?? "", "base64url");
  const payload = bytes.subarray(HEADER_BYTES);
  const [tag, mac] = [bytes.subarray(0, KEY_TAG_BYTES), bytes.subarray(KEY_TAG_BYTES, HEADER_BYTES)];
  if (!keys.verify(`cookie\0${purpose}`, SERVICE_ORG_ID, payload, tag, mac)) return undefined;
  const { until, value } = envelope.parse(JSON.parse(payload.toString()));
  return until > at ? schema.parse(value) : undefined;
}
