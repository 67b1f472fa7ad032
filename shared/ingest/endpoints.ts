import type { Handlers } from "../http/endpoint.ts";
import { once } from "../runtime/once.ts";
import { type ReceiveDeps, receiveBatch } from "./receive-batch.ts";

/** What takes events in. */
export function createIngestEndpoints(deps: ReceiveDeps) {
  // Begun by an instance's first request while that is authenticated, and by no instance that takes no events. Whoever
  // needs what could not be had asks again, and says so.
  const open = once(() => Promise.allSettled([deps.stream.open(), deps.keyRings.current()]));
  return {
    "ingest-events": {
      prepare: () => void open(),
      handle: async ({ request, principal }) => ({ status: 202, body: await receiveBatch(deps, request, principal) }),
    },
  } satisfies Partial<Handlers>;
}
