import type { IncomingHttpHeaders } from "node:http";

/** A request that went through, and its answer. */
export interface Exchange {
  /** From 1, in the order in which requests began. */
  readonly number: number;
  readonly at: Date;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Captured;
  /** Undefined when there was none: then `failure` says why. */
  readonly answer?: Answered;
  readonly failure?: string;
  readonly tookMs: number;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Captured;
}

/** Bytes as they were on the wire. More than `MOST_CAPTURED` are passed on and not kept. */
export interface Captured {
  readonly bytes: Buffer;
  readonly whole: boolean;
}

export const MOST_CAPTURED = 16 * 1024 * 1024;
