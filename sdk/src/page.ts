import type { Properties } from "./types.ts";

/** The parts of a page that are used here. */
interface Page {
  readonly document: {
    readonly title: string;
    readonly referrer: string;
    readonly visibilityState: string;
    addEventListener(kind: string, listener: () => void): void;
    removeEventListener(kind: string, listener: () => void): void;
  };
  readonly location: { readonly href: string; readonly pathname: string };
}

/** What is known of the page that is open; nothing where there is none. */
export function describePage(): Properties {
  const { document, location } = globalThis as unknown as Partial<Page>;
  if (!document || !location) return {};
  return {
    url: location.href,
    path: location.pathname,
    title: document.title,
    referrer: document.referrer,
  };
}

/**
 * Calls `leave` when a page is hidden: the last moment of which browsers tell for certain. Gives a function that ends
 * it.
 */
export function onHidden(leave: () => void): () => void {
  const { document } = globalThis as unknown as Partial<Page>;
  const listener = (): void => {
    if (document?.visibilityState === "hidden") leave();
  };
  document?.addEventListener("visibilitychange", listener);
  return () => document?.removeEventListener("visibilitychange", listener);
}
