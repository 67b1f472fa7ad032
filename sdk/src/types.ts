/** What an event is about. Anything may stand in it; the README says what becomes of values that JSON has not. */
export type Properties = Readonly<Record<string, unknown>>;

/** Events of any type: what a client takes that was made without a type of its own. */
export type AnyEvents = Record<string, Properties>;

/** What stands beside the properties of one event. */
export interface EventOptions {
  /** Makes sending again safe: the same id is stored once. Default: a new UUIDv7. */
  readonly eventId?: string;
  /** When it happened. Default: now. */
  readonly timestamp?: Date | string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly sessionId?: string;
  /** A whole number from 1. */
  readonly schemaVersion?: number;
  /** Where and by what it was made. Its members win over those of the client's context. */
  readonly context?: Properties;
}

/** How an event is kept: `durable` outlives a crash of this process, `memory` does not, `false` is not kept. */
export type Kept = "durable" | "memory" | false;

export interface Tracked {
  readonly eventId: string;
  readonly kept: Kept;
}

/** The properties of an event, which may be left out only where none of them is required. */
export type Rest<P> =
  Record<never, never> extends P ? [properties?: P, options?: EventOptions] : [properties: P, options?: EventOptions];

/** What is told of events, once it is known. */
export interface Deliveries {
  /** The server has them for good. The receipt says later what became of each. */
  accepted: { readonly eventIds: readonly string[]; readonly receiptId: string };
  /** The server has it, but it is not valid: it waits there until somebody corrects it. */
  quarantined: Reason & { readonly eventId: string; readonly path: string; readonly receiptId: string };
  /** They are lost, and sending them again would be in vain. */
  dropped: Reason & { readonly eventIds: readonly string[] };
  /** They are kept and sent again, after a pause in milliseconds. */
  retry: Reason & { readonly eventIds: readonly string[]; readonly attempt: number; readonly delayMs: number };
  /** The server takes nothing until somebody does what `fix` says. All is kept; told once until that is done. */
  blocked: Reason & { readonly fix: string };
}

export interface Reason {
  /** Stable: the API's `code`, or one of the SDK's. */
  readonly code: string;
  readonly message: string;
}

export type Diagnostic =
  | {
      readonly kind: "request";
      readonly events: number;
      /** Of the body as it was sent. */
      readonly bytes: number;
      /** 0 where there was no answer. */
      readonly status: number;
      readonly ms: number;
    }
  | (Reason & { readonly kind: "warning" });

export interface Token {
  readonly token: string;
  /** Seconds that it lives, as `expires_in` of OAuth 2.0 has them. Without it, it is used until it is refused. */
  readonly expiresIn?: number;
}

export type GetToken = () => string | Token | Promise<string | Token>;

export interface ClientOptions {
  /** Where Headrace runs: `https://events.example.com`, without a path of the API. */
  readonly endpoint: string;
  /** An API key (`hr_…`) on servers, a publishable key (`hrp_…`) in pages. Either this or `getToken`. */
  readonly key?: string;
  /** Asked for an access token: first, in its last 5 minutes, and once after a 401. */
  readonly getToken?: GetToken;
  /** Where events wait. Default: in memory. */
  readonly queue?: Queue;
  /** Of every event. */
  readonly context?: Properties;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly sessionId?: string;
  /** Events in a request, at most. Default 250. */
  readonly maxBatchEvents?: number;
  /** Bytes of events in a request, at most. Default 262,144. An event that is larger goes alone. */
  readonly maxBatchBytes?: number;
  /** How long an event waits for others, in milliseconds. Default 1,000. */
  readonly flushIntervalMs?: number;
  /** How long a request may take, in milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** The longest pause between two tries where the server names none, in milliseconds. Default 60,000. */
  readonly maxPauseMs?: number;
  /** Ends the client at once, as a process that is killed would. */
  readonly signal?: AbortSignal;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Counts, timings, and what somebody should look at. Warnings go to the console without it, each once. */
  readonly onDiagnostic?: (diagnostic: Diagnostic) => void;
}

export interface FlushOptions {
  /** Ends the waiting. What is kept stays kept. */
  readonly signal?: AbortSignal;
}

export interface Flushed {
  /** Events without an answer. 0 unless the waiting was ended, or the server takes nothing. */
  readonly pending: number;
}

/** What became of a request, as `GET /api/v1/receipts/{receipt_id}` answers it. */
export interface Receipt {
  readonly receipt_id: string;
  readonly received_at: string;
  readonly accepted: number;
  readonly status: "pending" | "settled";
  readonly stored?: number;
  readonly duplicate?: number;
  readonly quarantined?: number;
  readonly results?: readonly { readonly index: number; readonly result: string; readonly code: string | null }[];
}

/** An event as it waits: its JSON is made once, so that every try sends the same. */
export interface Waiting {
  readonly id: string;
  readonly json: string;
  /** Of the JSON in UTF-8. */
  readonly bytes: number;
}

/** Where events wait. Each of these may be asked at any time; none of them throws. */
export interface Queue {
  /** False when it is full: then the new event is the one that is dropped. */
  add(event: Waiting): Kept | Promise<Kept>;
  /** The oldest ones, one at least where there is any. They stay in. */
  take(events: number, bytes: number): readonly Waiting[] | Promise<readonly Waiting[]>;
  /** They have their answer. They are the first of what `take` gave. */
  remove(events: readonly Waiting[]): void | Promise<void>;
  size(): number | Promise<number>;
  /** Runs `work` while nobody else who has the same queue runs theirs. */
  lock<T>(work: () => Promise<T>): Promise<T>;
  /** What this process is known to have in it, at once: a page that is left cannot wait. */
  peek(): readonly Waiting[];
  /** Told of what somebody should look at. */
  listen?(warn: (reason: Reason) => void): void;
  close(): void | Promise<void>;
}

export interface Client<E extends object = AnyEvents> {
  /**
   * Keeps an event, and sends it soon. Resolves when it is kept, and never rejects: whether and how it is kept is in
   * what it resolves to.
   */
  track<T extends keyof E & string>(type: T, ...rest: Rest<E[T]>): Promise<Tracked>;
  /** Says who somebody is. In a page, events from here on have this `userId`. */
  identify(userId: string, traits?: Properties, options?: EventOptions): Promise<Tracked>;
  /** A page was seen. In a page, its address, title and referrer are added. */
  page(name?: string, properties?: Properties, options?: EventOptions): Promise<Tracked>;
  group(groupId: string, traits?: Properties, options?: EventOptions): Promise<Tracked>;
  /** `userId` is the one that was known as `previousId`. */
  alias(userId: string, previousId: string, options?: EventOptions): Promise<Tracked>;
  /** Sends all that waits, and resolves when every event has its answer. */
  flush(options?: FlushOptions): Promise<Flushed>;
  /** Flushes, and ends. Later events are dropped. */
  close(options?: FlushOptions): Promise<Flushed>;
  /** Needs `events:read`. Rejects with an Error that has the API's `code` and `fix`. */
  receipt(receiptId: string): Promise<Receipt>;
  /** Gives a function that takes the listener away again. */
  on<K extends keyof Deliveries>(kind: K, listener: (delivery: Deliveries[K]) => void): () => void;
}
