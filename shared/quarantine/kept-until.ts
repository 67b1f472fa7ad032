import type { QuarantineDocument } from "./quarantine-store.ts";

/** How long an event waits in quarantine. */
const KEPT_DAYS = 30;

/** When a document expires, in ms since 1970. */
export function keptUntil({ received_at }: Pick<QuarantineDocument, "received_at">): number {
  return Date.parse(received_at) + KEPT_DAYS * 86_400_000;
}
