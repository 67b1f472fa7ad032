import type { HttpHandler } from "@azure/functions";
import type { CreateEndpoint } from "../http/endpoint.ts";
import { readBody } from "../http/read-body.ts";
import type { KeyRings } from "../signing/key-rings.ts";
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
  return {
    ingestEvents: endpoint("ingest-events", async ({ request, principal }) => {
      const sent = await readBody(request, deps.limits.bodyBytes);
      const encoding = request.headers.get("content-encoding");
      const keys = await deps.keyRings.current();
      const body = await receiveBatch(deps, sent, encoding, (batch) =>
        acceptBatch({ ...deps, keys }, principal, batch),
      );
      return { status: 202, body };
    }),
  };
}
