import { randomInt } from "node:crypto";
import type { Turns } from "../runtime/turn.ts";
import { COLON, endOfString, QUOTE, skipSpace } from "./json-bytes.ts";

/** Power of two, and several times as many as are ever counted. */
const SLOTS = 1 << 18;
/** Nobody can prepare names that have one hash. */
const seed = randomInt(2 ** 32 - 1) + 1;

/**
 * The number of different names in JSON, as they are written; at most one more than `limit`. They are told apart by a
 * hash of 32 bits: of 50,000 names less than one in 50,000 is taken for another.
 */
export async function countDifferentNames(bytes: Buffer, limit: number, turns: Turns): Promise<number> {
  const hashes = new Uint32Array(SLOTS);
  let different = 0;
  for (let i = bytes.indexOf(QUOTE); i !== -1 && different <= limit; i = bytes.indexOf(QUOTE, i + 1)) {
    const end = endOfString(bytes, i, bytes.length);
    if (bytes[skipSpace(bytes, end + 1)] === COLON && addHash(hashes, hashOf(bytes, i + 1, end))) different++;
    i = end;
    if (turns.isOver()) await turns.next();
  }
  return different;
}

/** FNV-1a, from a secret start; never 0. */
function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = seed;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  // The low bits choose the slot: those of FNV know little of the first bytes.
  return (hash ^ (hash >>> 15)) >>> 0 || 1;
}

/** Whether it is new. */
function addHash(hashes: Uint32Array, hash: number): boolean {
  let slot = hash & (SLOTS - 1);
  while (hashes[slot] !== 0) {
    if (hashes[slot] === hash) return false;
    slot = (slot + 1) & (SLOTS - 1);
  }
  hashes[slot] = hash;
  return true;
}
