import type { Handlers } from "../http/endpoint.ts";
import { once } from "../runtime/once.ts";
import { type ReceiveDeps, receiveBatch } from "./receive-batch.ts";

/** The endpoints that take events in. */
export function createIngestEndpoints(deps: ReceiveDeps) {
  // An instance's first request begins this while it is authenticated; an instance that takes no events never does. A
  // request that needs a part which could not be loaded asks again, and says so.
  const open = once(() => Promise.allSettled([deps.stream.open(), deps.keyRings.current()]));
  return {
    "ingest-events": {
      prepare: () => void open(),
      handle: async ({ request, principal }) => ({ status: 202, body: await receiveBatch(deps, request, principal) }),
    },
  } satisfies Partial<Handlers>;
}
