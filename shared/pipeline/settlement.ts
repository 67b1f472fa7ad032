import type { DuplicateCode, QuarantineMark } from "../event/decide-outcome.ts";
import type { Wait, WriteResult } from "../store/write-result.ts";

/** What is known of one event after a try to store it. */
export type Settlement =
  | { readonly outcome: "stored" }
  | { readonly outcome: "duplicate"; readonly code: DuplicateCode }
  | { readonly outcome: "quarantined"; readonly mark: QuarantineMark }
  | ({ readonly outcome: "open" } & Wait);

/** By the events' marks: see `markOf`. */
export type Settlements = ReadonlyMap<string, Settlement>;

export const CONTENDED: Settlement = {
  outcome: "open",
  retryAfterMs: 0,
  reason: "others changed the same documents in every round",
};

/** The work item's time was over before it was its turn. */
export const LATE: Settlement = { outcome: "open", retryAfterMs: 0, reason: "the time of the work item was over" };

/** What stands under its id can only be read by a newer release. */
export const LEFT_TO_NEWER: Settlement = {
  outcome: "open",
  retryAfterMs: 0,
  reason: "a newer release wrote the document under the event's id",
};

/** An answer of the store that leaves the event open: neither a success nor a verdict on the document. */
export function openAfter(result: WriteResult | undefined): Settlement {
  if (result?.status === "unavailable") {
    const { status, ...wait } = result;
    return { outcome: "open", ...wait };
  }
  return { outcome: "open", retryAfterMs: 0, reason: `the store answered ${result?.status ?? "nothing"}` };
}
