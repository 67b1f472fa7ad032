import type { EventStore } from "../event/event-store.ts";
import type { Handlers } from "../http/endpoint.ts";
import { queryOf } from "../http/parameters.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { createTakeUp } from "../ledger/merge-some.ts";
import type { ReadBacklog } from "../pipeline/backlog.ts";
import { createSharedMemory } from "../runtime/shared-memory.ts";
import type { RegistryStore } from "../schema/registry/registry-store.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { processLog } from "../telemetry/log.ts";
import { answerEvents } from "./answer-events.ts";
import { queryEvents, readEvent } from "./query-events.ts";
import { queryLedger } from "./query-ledger.ts";
import { queryMetrics } from "./query-metrics.ts";
import { queryReceipt } from "./query-receipt.ts";

export interface QueryEndpointsDeps {
  readonly events: EventStore;
  readonly ledger: LedgerStore;
  readonly registry: RegistryStore;
  readonly keyRings: KeyRings;
  readonly readBacklog: ReadBacklog;
  readonly now: () => number;
}

/** What readers of accounts hold at once in an instance, in bytes, and how long one waits for its turn. */
const READ_BYTES = 48 * 1024 * 1024;
const READ_WAIT_MS = 5_000;

/** The endpoints that read back: events, receipts, counts and the account. */
export function createQueryEndpoints({ events, ledger, registry, keyRings, readBacklog, now }: QueryEndpointsDeps) {
  const memory = createSharedMemory({ maxBytes: READ_BYTES, waitMs: READ_WAIT_MS });
  const takeUp = createTakeUp(ledger, processLog);
  return {
    "query-events": async ({ request, principal }) => {
      const query = queryOf(request);
      const keys = await keyRings.knowing(query.get("cursor"));
      return answerEvents(await queryEvents({ events, registry, keys }, principal, query), query);
    },
    "read-event": async ({ request, principal }) => ({
      status: 200,
      body: { event: await readEvent(events, principal, readIdInPath(request.params.event_id)) },
    }),
    "read-receipt": async ({ request, principal }) => {
      const receiptId = request.params.receipt_id ?? "";
      const keys = await keyRings.knowing(receiptId);
      return { status: 200, body: await queryReceipt({ ledger, keys }, principal, receiptId, now()) };
    },
    "query-metrics": async ({ request, principal }) => ({
      status: 200,
      body: await queryMetrics({ ledger, memory, takeUp }, principal, queryOf(request), now()),
    }),
    "query-ledger": async ({ request, principal, log }) => ({
      status: 200,
      body: await queryLedger({ ledger, memory, takeUp, readBacklog, log }, principal, queryOf(request), now()),
    }),
  } satisfies Partial<Handlers>;
}

/** Of an escaped path the host leaves `%2F` as it is, so that it is no `/` for its routes, and decodes all else. */
function readIdInPath(value = ""): string {
  return value.replaceAll(/%2f/gi, "/");
}
