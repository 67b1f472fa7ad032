import type { QuarantineDocument } from "./quarantine-store.ts";

const DAY_MS = 86_400_000;
/** How long an event waits in quarantine. */
const KEPT_DAYS = 30;
/** A `ttl` has no writer, so that no account hears of it: it is a net behind the sweep, which runs once a day. */
export const NET_TTL_SECONDS = 45 * 24 * 3600;

/**
 * When the sweep ends a document, in ms since 1970. What releases up to 0.7.0 wrote has no `ttl` of its own, and is
 * gone 30 days after it was written: the sweep comes a day before.
 */
export function keptUntil({ received_at, ttl }: Pick<QuarantineDocument, "received_at" | "ttl">): number {
  return Date.parse(received_at) + (ttl === undefined ? KEPT_DAYS - 1 : KEPT_DAYS) * DAY_MS;
}

/** Every document that is due by then was received before this time. */
export function mayBeDue(now: number): string {
  return new Date(now - (KEPT_DAYS - 1) * DAY_MS).toISOString();
}
