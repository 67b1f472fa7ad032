import { hash } from "node:crypto";
import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";

/** Characters. */
export const MAX_KEY_LENGTH = 255;

/**
 * The `Idempotency-Key` of a request: any text without a comma, by which the host joins repeated headers. Throws
 * AppError `invalid_header`.
 */
export function idempotencyKeyOf({ headers }: Pick<HttpRequest, "headers">): string | undefined {
  const key = headers.get("idempotency-key");
  if (key === null) return undefined;
  if (key === "") throw invalid("is empty");
  if (key.includes(",")) throw invalid("is given twice, or has a comma");
  if (key.length <= MAX_KEY_LENGTH) return key;
  throw invalid(`has ${key.length} characters, ${MAX_KEY_LENGTH} at most`);
}

function invalid(what: string): AppError {
  return new AppError("invalid_header", `\`Idempotency-Key\` ${what}`, { members: { header: "Idempotency-Key" } });
}

/** The id of an event without one: the same for the same key and place, whatever the event is. */
export function idOfKey(key: string, index: number): string {
  return `ik-${hash("sha256", `${index}\n${key}`, "base64url")}`;
}

/** What an event is, as it was sent: a retry has the same, whenever it comes. */
export function hashContent(event: unknown, context: unknown): string {
  const json = JSON.stringify([event, context]);
  return hash("sha256", json, "base64url").slice(0, HASH_CHARACTERS);
}

/** 132 bits. */
const HASH_CHARACTERS = 22;
