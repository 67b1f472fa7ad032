import type { Emitter } from "./emitter.ts";
import type { Sender } from "./sender.ts";
import type { Kept, Queue, Tracked, Waiting } from "./types.ts";

export interface KeepDeps {
  readonly queue: Queue;
  readonly sender: Sender;
  readonly emit: Emitter["emit"];
  readonly isClosed: () => boolean;
}

export interface Keeping {
  /** Puts what `make` gives into the queue. Never throws nor rejects. */
  keep(make: () => Waiting): Promise<Tracked>;
  /** Resolves when all that was tracked until now is kept, or is not. */
  settled(): Promise<unknown>;
}

export function createKeeping({ queue, sender, emit, isClosed }: KeepDeps): Keeping {
  const underWay = new Set<unknown>();
  return {
    settled: () => Promise.allSettled(underWay),
    keep: async (make) => {
      let [eventId, kept, code]: [string, Kept, string] = ["", false, "closed"];
      let fault: unknown;
      try {
        const event = make();
        eventId = event.id;
        if (!isClosed()) {
          const adding = queue.add(event);
          underWay.add(adding);
          kept = await adding;
          underWay.delete(adding);
          if (kept) sender.notice(event.bytes);
          code = "queue_full";
        }
      } catch (error) {
        [code, fault] = ["not_kept", error];
      }
      if (!kept) emit("dropped", { eventIds: [eventId], code, message: `${fault ?? code}` });
      return { eventId, kept };
    },
  };
}
