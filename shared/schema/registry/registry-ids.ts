import { createHash } from "node:crypto";

/** Event types have any script; an id of Cosmos DB has no `/`, `\`, `#` or `?`. */
function hashOf(eventType: string): string {
  return createHash("sha256").update(eventType).digest("base64url");
}

export function typeIdOf(eventType: string): string {
  return `type:${hashOf(eventType)}`;
}

export function versionIdOf(eventType: string, version: number): string {
  return `version:${hashOf(eventType)}:${version}`;
}
