import { AppError } from "../../shared/errors.ts";
import type { EventStream } from "../../shared/ingest/event-stream.ts";
import { call, type MemoryService } from "./memory-service.ts";

export interface MemoryEventStream extends EventStream, MemoryService {
  /** The acknowledged messages, in order. */
  readonly published: Buffer[];
}

/** The most that an event hub takes in one message, on every tier but Basic. */
const MAX_BYTES = 1024 * 1024;

/** An event stream in memory. It passes the same contract suite as the one for Event Hubs. */
export function createMemoryEventStream(): MemoryEventStream {
  const published: Buffer[] = [];
  const refuse = (detail: string): AppError => new AppError("stream_unavailable", detail, { retryAfter: 5 });
  const stream: MemoryEventStream = {
    published,
    away: false,
    hanging: undefined,
    publish: (message) =>
      call(
        stream,
        () => {
          if (message.length > MAX_BYTES) throw refuse("the stream takes no message as large as this");
          published.push(Buffer.from(message));
        },
        { failure: () => refuse("the stream has not acknowledged the events in time") },
      ),
    open: () => call(stream, () => undefined),
    check: (signal) => call(stream, () => undefined, { signal }),
    close: async () => undefined,
  };
  return stream;
}
