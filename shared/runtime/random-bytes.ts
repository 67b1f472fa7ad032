import { randomFillSync } from "node:crypto";

/** Asking the system for a few bytes costs as much as for many: each batch of events needs some. */
const POOL_BYTES = 4096;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let taken = POOL_BYTES;

/**
 * A few random bytes of cryptographic quality, at most 4,096, which nobody else gets. To be used at once: the pool is
 * filled anew later.
 */
export function takeRandomBytes(count: number): Buffer {
  if (taken + count > POOL_BYTES) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += count;
  return pool.subarray(taken - count, taken);
}
