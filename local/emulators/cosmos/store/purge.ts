import type { Catalog } from "./catalog.ts";

const EVERY_MS = 5_000;
const AT_ONCE = 500;

/**
 * Deletes expired documents, a few at a time. Nobody sees expired documents before either. @returns a function that
 * stops it
 */
export function startPurging(catalog: Catalog, now: () => number): () => void {
  const timer = setInterval(() => {
    try {
      for (const { documents } of catalog.listOpen()) documents.purge(Math.floor(now() / 1000), AT_ONCE);
    } catch (error) {
      // A full disk has no room for what says that something is deleted. There is a next time.
      console.error("cosmos: expired documents are kept for now:", error);
    }
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
