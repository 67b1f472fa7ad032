import { badRequest, CosmosError } from "../errors.ts";
import { isObject, type JsonObject, type Value } from "../json.ts";
import type { Container } from "../store/container.ts";

export const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;
const MAX_ID_BYTES = 1023;
const MAX_TTL = 2_147_483_647;
const SYSTEM = new Set(["_rid", "_self", "_etag", "_attachments", "_ts"]);

/** @throws {CosmosError} 400 for an id that the service does not take for a database or a container */
export function checkId(id: Value): string {
  const text = checkItemId(id);
  if (text.includes("?")) throw badRequest("The id contains the character '?'.");
  if (text.endsWith(" ")) throw badRequest("The id ends with a space.");
  return text;
}

/**
 * Of a document, `?` and spaces at the end are taken (`isItemResourceValid` of the JavaScript SDK,
 * azure-cosmos-dotnet-v3#2606).
 *
 * @throws {CosmosError} 400 also for an id that no path can carry
 */
function checkItemId(id: Value): string {
  if (typeof id !== "string" || id === "")
    throw badRequest("The input content is invalid because the required property 'id' is missing.");
  if (/[/\\#]/.test(id)) throw badRequest("The id contains one of the characters '/', '\\', '#'.");
  if (id === "." || id === "..")
    throw badRequest(`The id '${id}' cannot be read back: HTTP clients fold such a segment out of the path.`);
  if (Buffer.byteLength(id) > MAX_ID_BYTES) throw badRequest(`The id is longer than ${MAX_ID_BYTES} bytes.`);
  return id;
}

/** The user's part of a document. @throws {CosmosError} 400 */
export function checkDocument(value: Value): JsonObject & { readonly id: string } {
  if (!isObject(value)) throw badRequest("The document is not a JSON object.");
  const id = checkItemId(value.id);
  checkTtl(value.ttl);
  const own = Object.keys(value).some((key) => SYSTEM.has(key))
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !SYSTEM.has(key)))
    : value;
  return own as JsonObject & { readonly id: typeof id };
}

function checkTtl(ttl: Value): void {
  if (ttl === undefined || ttl === null || ttl === -1) return;
  if (typeof ttl === "number" && Number.isInteger(ttl) && ttl > 0 && ttl <= MAX_TTL) return;
  throw badRequest(
    `The input ttl '${JSON.stringify(ttl)}' is invalid. Ensure to provide a nonzero positive integer less than or equal to '${MAX_TTL}', or -1.`,
  );
}

/** When the document expires, in seconds since 1970; null when it does not. */
export function computeExpiry(container: Container, document: JsonObject, ts: number): number | null {
  if (container.defaultTtl === undefined) return null;
  const ttl = document.ttl ?? container.defaultTtl;
  return typeof ttl === "number" && ttl > 0 ? ts + ttl : null;
}

/** @throws {CosmosError} 413 */
export function checkSize(bytes: number): void {
  if (bytes > MAX_DOCUMENT_BYTES)
    throw new CosmosError(413, "Request size is too large: a document holds at most 2 MB.");
}
