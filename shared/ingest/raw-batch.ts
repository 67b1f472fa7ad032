import type { Dialect } from "../envelope/content.ts";
import { AppError, type EventProblemCode } from "../errors.ts";
import type { JsonObject } from "../event/event.ts";
import type { Turns } from "../runtime/turn.ts";

export interface EventProblem {
  readonly code: EventProblemCode;
  /** Within the event; empty for the event as a whole. */
  readonly path: string;
  readonly message: string;
  /** Which version of its type's schema found it. */
  readonly schema_version?: number;
}

/** One event of a body before it is checked, or why it was not even parsed. */
export type RawEvent = { readonly value: unknown } | { readonly problem: EventProblem };

export interface RawBatch {
  readonly events: readonly RawEvent[];
  /** The client's clock when it sent the request, in ms. */
  readonly sentAt?: number;
  /** What every event has beside the members of its own `context`. It is checked. */
  readonly context?: JsonObject;
  /** Events without an id get one that is made of it. */
  readonly idempotencyKey?: string | undefined;
  /** Whether that key is made of the bytes of the body: where the org has privacy rules, it is hashed by its key. */
  readonly keyIsOfBytes?: boolean;
  /** Whether it was kept after privacy rules: what they have changed is taken as it is. */
  readonly wasMasked?: boolean;
  /** The place of the first event in the batch that it came in; 0. */
  readonly from?: number;
  /** How an event of it is read again by itself; undefined where it is our own form, and nothing stands beside it. */
  readonly dialect?: Dialect | undefined;
  /** Bytes of JSON by which the events grow by that. */
  readonly grows?: number;
  /** Names of all events that were parsed, as they stand in the bytes: more than parsing gave if one stood twice. */
  readonly names: number;
  /** Whether no name was lost by parsing: told by who translates events, so that `names` says nothing of them. */
  readonly asSent?: boolean;
  /** Whether a request whose events are all invalid is taken, and they wait in quarantine. */
  readonly keepsInvalid?: boolean;
  /** Whether a number of an event may be an integer that was parsed as another one. */
  readonly mayRound: boolean;
  /**
   * The bytes of each event as they were sent. Most batches are never asked. Throws AppError `invalid_json` when the
   * wrapper around the events has a name twice; then `names` does not match. And `invalid_body` for a `context` of the
   * wrapper that parsing changed.
   */
  sources(turns: Turns): Promise<readonly Buffer[]>;
}

export function tooManyEvents(found: number | string, maxEvents: number): AppError {
  return new AppError("too_many_events", `the request has ${found} events; at most ${maxEvents} are taken at once`, {
    members: { limit: maxEvents },
  });
}
