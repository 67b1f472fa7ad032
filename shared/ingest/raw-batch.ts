import { AppError } from "../errors.ts";

/** One event of a body before it is checked: JSON, or a line of NDJSON that is not JSON. */
export type RawEvent =
  | { readonly value: unknown }
  | { readonly line: string; readonly message: string }
  | { readonly lineBytes: Buffer };

export interface RawBatch {
  readonly events: readonly RawEvent[];
  /** The client's clock when it sent the request, in ms. */
  readonly sentAt?: number;
}

export function tooManyEvents(found: number | string, maxEvents: number): AppError {
  return new AppError("too_many_events", `the request has ${found} events; at most ${maxEvents} are taken at once`, {
    members: { limit: maxEvents },
  });
}
