import type { ClaimStore } from "../envelope/claim-store.ts";
import type { Handlers } from "../http/endpoint.ts";
import { queryOf } from "../http/parameters.ts";
import { createSharedMemory } from "../runtime/shared-memory.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { countQuarantine } from "./count-quarantine.ts";
import { listQuarantine } from "./list-quarantine.ts";
import type { QuarantineStore } from "./quarantine-store.ts";
import { readQuarantined } from "./read-quarantined.ts";

export interface QuarantineEndpointsDeps {
  readonly quarantine: QuarantineStore;
  readonly claims: ClaimStore;
  readonly keyRings: KeyRings;
}

/** What readers of events that lie in blobs hold at once in an instance, in bytes, and how long one waits. */
const READ_BYTES = 48 * 1024 * 1024;
const READ_WAIT_MS = 5_000;

/** The endpoints of what waits in quarantine. */
export function createQuarantineEndpoints({ quarantine, claims, keyRings }: QuarantineEndpointsDeps) {
  const memory = createSharedMemory({ maxBytes: READ_BYTES, waitMs: READ_WAIT_MS });
  return {
    "list-quarantine": async ({ request, principal }) => {
      const query = queryOf(request);
      const keys = await keyRings.knowing(query.get("cursor"));
      return { status: 200, body: await listQuarantine({ quarantine, keys }, principal, query) };
    },
    "count-quarantine": async ({ request, principal }) => {
      const query = queryOf(request);
      const keys = await keyRings.knowing(query.get("cursor"));
      return { status: 200, body: await countQuarantine({ quarantine, keys }, principal, query) };
    },
    "read-quarantined": async ({ request, principal }) => ({
      status: 200,
      body: await readQuarantined({ quarantine, claims, memory }, principal, request.params.quarantine_id ?? ""),
    }),
  } satisfies Partial<Handlers>;
}
