/**
 * `refused`: the store cannot take this document as it is: it is too large (413), or the store says 400 of it and takes
 * another one at the same time (confirm-refusals.ts).
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
  /** Nobody answered, not even to refuse: the next one would wait as long. */
  readonly isSilence?: true;
}

/** Whether nobody answered any of them. */
export function isSilence(results: readonly object[]): boolean {
  return results.length > 0 && results.every((result) => "isSilence" in result);
}
