/** An answer of the front end or of the host, in the place of the function's. */
export interface ForeignAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Where every request for a function passes, twice: answers that are not the app's are injected here. */
export interface HttpGate {
  /** Before the function runs; with an answer it does not. */
  enter(): ForeignAnswer | undefined;
  /** After the function has run: its own answer is lost. */
  leave(): ForeignAnswer | undefined;
}

export const openGate: HttpGate = { enter: () => undefined, leave: () => undefined };
