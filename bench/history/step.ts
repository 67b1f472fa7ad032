/** Which instance answered; undefined when it cannot be told. Reads of one instance never go back. */
export type Instance = number | undefined;

/** What is counted together: an event type on one day of the events' own time, or an outcome. */
export type Cell = string;

/** A sent event. One that is invalid has no cell: it is never counted as stored. */
export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly cell: Cell | undefined;
}

/** What a reading is of. */
export interface Subject {
  readonly what: "receipt" | "event" | "metrics" | "ledger";
  readonly org: string;
  /** Of the receipt or the event. */
  readonly id?: string;
}

/** `[stored, duplicate, quarantined]` */
export type Outcomes = readonly [stored: number, duplicate: number, quarantined: number];

export interface ReceiptAnswer {
  readonly accepted: number;
  /** Undefined while it is pending. */
  readonly settled?: { readonly outcomes: Outcomes; readonly notStored: readonly NotStored[] };
}

export interface NotStored {
  readonly index: number;
  readonly result: "duplicate" | "quarantined";
}

/** What a reading found; undefined where the answer is that there is nothing. */
export type Found =
  | { readonly what: "receipt"; readonly receipt: ReceiptAnswer | undefined }
  | { readonly what: "event"; readonly type: string | undefined }
  | { readonly what: "metrics" | "ledger"; readonly counts: ReadonlyMap<Cell, number> };

/**
 * One step of a run, in the order in which they happened; `at` in ms. A batch is sent (`fresh`: the events of it that
 * are valid, and whose ids no batch had before) and taken with 202 (all its events, by index). A reading asks, and then
 * reads, or fails without an answer.
 */
export type Step = { readonly at: number } & (
  | { readonly is: "sends"; readonly org: string; readonly fresh: readonly SentEvent[] }
  | {
      readonly is: "takes";
      readonly org: string;
      readonly receipt: string;
      readonly accepted: number;
      readonly events: readonly SentEvent[];
    }
  | { readonly is: "asks"; readonly reading: number; readonly instance: Instance; readonly of: Subject }
  | { readonly is: "reads"; readonly reading: number; readonly instance: Instance; readonly found: Found }
  | { readonly is: "fails"; readonly reading: number }
);

/** Looks at the answer of one reading. Gives what is wrong with it, a sentence each. */
export type Judge = (found: Found, at: number, instance: Instance) => readonly string[];
