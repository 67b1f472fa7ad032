/** An event as it went out, with what the batch's context gave it. */
export interface SentEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly user_id?: string;
  readonly anonymous_id?: string;
  readonly session_id?: string;
  readonly schema_version?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface MemoryTransport {
  /** For the option `fetch` of a client. */
  readonly fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** What was taken, in the order in which it was sent. */
  readonly events: readonly SentEvent[];
  /** The next request is answered so, and nothing of it is taken. */
  refuseNext(status: number, body?: Readonly<Record<string, unknown>>): void;
  clear(): void;
}

/** A server for tests of what uses the SDK: it takes every event, and no request leaves the process. */
export function createMemoryTransport(): MemoryTransport {
  const events: SentEvent[] = [];
  const refusals: Response[] = [];
  return {
    events,
    refuseNext: (status, body = {}) => void refusals.push(Response.json(body, { status })),
    clear: () => {
      events.length = 0;
      refusals.length = 0;
    },
    fetch: async (_, init) => {
      const batch = await readBatch(init?.body);
      const refusal = refusals.shift();
      if (refusal) return refusal;
      for (const event of batch.events) events.push({ ...event, context: { ...batch.context, ...event.context } });
      const receipt_id = `receipt-${events.length}`;
      return Response.json({ receipt_id, accepted: batch.events.length, results: [] }, { status: 202 });
    },
  };
}

interface Batch {
  readonly events: readonly SentEvent[];
  readonly context: Readonly<Record<string, unknown>>;
}

async function readBatch(body: unknown): Promise<Batch> {
  if (typeof body === "string") return JSON.parse(body) as Batch;
  const unpacked = new Blob([body as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(unpacked).json()) as Batch;
}
