import type { Handlers } from "../http/endpoint.ts";
import { readBody } from "../http/read-body.ts";
import { once } from "../runtime/once.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { type AcceptDeps, acceptBatch } from "./accept-batch.ts";
import type { RawBatch } from "./parse-body.ts";
import { type ReceiveDeps, receiveBatch } from "./receive-batch.ts";

export interface IngestDeps extends Omit<AcceptDeps, "keys">, ReceiveDeps {
  readonly keyRings: KeyRings;
}

/** What takes events in. */
export function createIngestEndpoints(deps: IngestDeps) {
  // Begun by an instance's first request while that is authenticated, and by no instance that takes no events. Whoever needs what
  // could not be had asks again, and says so.
  const open = once(() => Promise.allSettled([deps.stream.open(), deps.keyRings.current()]));
  return {
    "ingest-events": {
      prepare: () => void open(),
      handle: async ({ request, principal }) => {
        const sent = await readBody(request, deps.limits.bodyBytes);
        const encoding = request.headers.get("content-encoding");
        const keys = await deps.keyRings.current();
        const accept = (batch: RawBatch) => acceptBatch({ ...deps, keys }, principal, batch);
        return { status: 202, body: await receiveBatch(deps, sent, encoding, accept) };
      },
    },
  } satisfies Partial<Handlers>;
}
