/**
 * `refused`: the store says that this document, as it is, cannot be stored (400, 413).
 * `unavailable`: anything else; it may have been written all the same.
 */
export type WriteResult =
  | { readonly status: "written" | "conflict" }
  | { readonly status: "refused"; readonly reason: string }
  | ({ readonly status: "unavailable" } & Wait);

/** An outside fault: to be tried again, not before `retryAfterMs`. `reason` is for the log. */
export interface Wait {
  readonly retryAfterMs: number;
  readonly reason: string;
}
