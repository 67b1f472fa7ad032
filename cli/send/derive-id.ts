import { hash } from "node:crypto";

const NAME_CHARS = 100;
const HASH_CHARS = 16;

/** Makes the id of an event that brings none, from its line's number and text. */
export type DeriveId = (text: string, lineNumber: number) => string;

/**
 * An id of the file's name, the line's number and its text: to send a file again is to send the same events, and
 * another file of this name has others.
 */
export function createDeriveId(sourceName: string): DeriveId {
  const name = sourceName
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{N}._-]/gu, "_")
    .slice(0, NAME_CHARS)
    .toWellFormed();
  return (text, lineNumber) => `${name}:${lineNumber}:${hash("sha256", text.trim(), "base64url").slice(0, HASH_CHARS)}`;
}
