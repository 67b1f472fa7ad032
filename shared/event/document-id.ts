import { createHash } from "node:crypto";

/**
 * The texts that are taken as a Cosmos DB id as they are. Cosmos DB itself refuses `/ \ # ?` and more than 1,023 bytes.
 * URL clients fold `.` and `..`. So the class has only characters that are the same in every URL, header and log.
 */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;

/**
 * The id of an event's document: its `event_id`, or a stable hash (`~` and SHA-256, base64url) that no plain id can be.
 */
export function documentIdOf(eventId: string): string {
  return PLAIN.test(eventId) ? eventId : `~${createHash("sha256").update(eventId).digest("base64url")}`;
}
