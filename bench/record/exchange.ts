/** A request as it goes over the wire. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  /** A list sends the header as many times, and an empty one not at all. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Without `Content-Length`. */
  readonly chunked?: boolean;
}

/** An answer as it came. */
export interface Received {
  readonly status: number;
  /** Names in lower case, in the order of the answer; a header that came several times stands several times. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** An answer as it is kept: names stand in place of the values that differ from run to run. */
export interface Recorded {
  readonly name: string;
  readonly request: string;
  readonly status: number;
  /** Sorted by name. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}
