import type { HttpHandler } from "@azure/functions";
import type { CreateEndpoint } from "../http/endpoint.ts";
import { readBody } from "../http/read-body.ts";
import { once } from "../runtime/once.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { type AcceptDeps, acceptBatch } from "./accept-batch.ts";
import { type ReceiveDeps, receiveBatch } from "./receive-batch.ts";

export interface IngestEndpoints {
  readonly ingestEvents: HttpHandler;
}

export interface IngestDeps extends Omit<AcceptDeps, "keys">, ReceiveDeps {
  readonly keyRings: KeyRings;
}

/** What takes events in. */
export function createIngestEndpoints(endpoint: CreateEndpoint, deps: IngestDeps): IngestEndpoints {
  // Begun by an instance's first request while that is authenticated, and by no instance that takes no events. Whoever needs what
  // could not be had asks again, and says so.
  const open = once(() => Promise.allSettled([deps.stream.open(), deps.keyRings.current()]));
  const takeEvents = endpoint("ingest-events", async ({ request, principal }) => {
    const sent = await readBody(request, deps.limits.bodyBytes);
    const encoding = request.headers.get("content-encoding");
    const keys = await deps.keyRings.current();
    const body = await receiveBatch(deps, sent, encoding, (batch) => acceptBatch({ ...deps, keys }, principal, batch));
    return { status: 202, body };
  });
  return {
    ingestEvents: (request, context) => {
      void open();
      return takeEvents(request, context);
    },
  };
}
