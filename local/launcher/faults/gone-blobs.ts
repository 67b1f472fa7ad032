import type { FaultSource } from "./fault-source.ts";

/** Whether a request finds its blob gone, although it is there. */
export type IsGone = (method: string, path: string) => boolean;

/** How long a blob is gone, in milliseconds. */
const GONE_MS = 3_000;

/**
 * Claim checks' blobs that are gone for a while and then back, as after an accident that someone undoes. Blobs of the
 * Functions host are left alone. To it a missing checkpoint means the start of the partition, which is a fault of its
 * own (`rewind`).
 */
export function createGoneBlobs(source: FaultSource): IsGone {
  const gone = new Set<string>();
  return (method, url) => {
    const path = url.split("?", 1)[0] ?? "";
    if ((method !== "GET" && method !== "HEAD") || !/^\/[^/]+\/claims\/./.test(path)) return false;
    if (gone.has(path)) return true;
    if (source.draw("blob-gone") === undefined) return false;
    gone.add(path);
    setTimeout(() => gone.delete(path), GONE_MS).unref();
    return true;
  };
}
