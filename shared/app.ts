import type { HttpHandler, InvocationContext } from "@azure/functions";
import type { TokenCredential } from "@azure/identity";
import { createCredential } from "./azure/credential.ts";
import { type Config, readConfig } from "./config.ts";
import { createBlobClaimStore } from "./envelope/blob-claim-store.ts";
import { createEndpoint, createOpenEndpoint } from "./http/endpoint.ts";
import { createReadiness } from "./http/health.ts";
import { readBody } from "./http/read-body.ts";
import { createAuthenticate } from "./identity/authenticate.ts";
import { createCosmosIdentityStore } from "./identity/cosmos-identity-store.ts";
import { acceptBatch } from "./ingest/accept-batch.ts";
import { createEventHubsStream } from "./ingest/event-hubs-stream.ts";
import { receiveBatch } from "./ingest/receive-batch.ts";
import { createCosmosLedgerStore } from "./ledger/cosmos-ledger-store.ts";
import { mergeLedger } from "./ledger/merge-ledger.ts";
import { logTo } from "./log.ts";
import { createMemoryBudget } from "./memory-budget.ts";
import { once } from "./once.ts";
import { dispatchEnvelopes } from "./pipeline/dispatch-envelopes.ts";
import { persistPoison, persistWorkItem } from "./pipeline/persist-work-item.ts";
import { readStreamMessages } from "./pipeline/read-stream-messages.ts";
import { createStorageWorkQueue } from "./pipeline/storage-work-queue.ts";
import { WORK_QUEUE } from "./pipeline/work-queue.ts";
import { queryEvents, readEvent } from "./query/query-events.ts";
import { queryLedger } from "./query/query-ledger.ts";
import { queryMetrics } from "./query/query-metrics.ts";
import { queryReceipt } from "./receipt/query-receipt.ts";
import { createKeyRing } from "./signing/key-ring.ts";
import { connectCosmos } from "./store/cosmos.ts";
import { createCosmosEventStore } from "./store/cosmos-event-store.ts";
import { createCosmosQuarantineStore } from "./store/cosmos-quarantine-store.ts";

/** What the functions call: one member for each trigger. */
export interface Headrace {
  readonly ingestEvents: HttpHandler;
  readonly queryEvents: HttpHandler;
  readonly readEvent: HttpHandler;
  readonly readReceipt: HttpHandler;
  readonly queryMetrics: HttpHandler;
  readonly queryLedger: HttpHandler;
  readonly live: HttpHandler;
  readonly ready: HttpHandler;
  dispatch(messages: unknown, context: InvocationContext): Promise<void>;
  persist(message: unknown, context: InvocationContext): Promise<void>;
  persistPoison(message: unknown, context: InvocationContext): Promise<void>;
  mergeLedger(context: InvocationContext): Promise<void>;
}

/** Unpacked bytes of envelopes in work at once: parsed they take several times as much, and 512 MB must do. */
const PERSIST_BYTES = 24 * 1024 * 1024;
/** Unpacked bytes of requests in work at once, likewise. */
const INGEST_BYTES = 24 * 1024 * 1024;
/** A merge ends well before its next tick is due to pile up behind it. */
const MERGE_MS = 30_000;

let instance: Headrace | undefined;

/** The running product, made from the environment at first use. Throws an Error that names every wrong setting. */
export function headrace(): Headrace {
  instance ??= createHeadrace(readConfig());
  return instance;
}

/** The composition root: adapters first, then what uses them, in the order of an event's way. */
function createHeadrace(config: Config): Headrace {
  const { limits } = config;
  const now = Date.now;
  let shared: TokenCredential | undefined;
  const credential = (): TokenCredential => {
    shared ??= createCredential(config.managedIdentityClientId);
    return shared;
  };
  const keys = createKeyRing(config.signingKeys);
  const cosmos = connectCosmos(config.cosmos, credential);
  const stream = createEventHubsStream({ connection: config.eventHubs, hub: config.eventHubName, credential });
  const claims = createBlobClaimStore(config.blobs, credential);
  const queue = createStorageWorkQueue(config.queues, WORK_QUEUE, credential);
  // Loaded when someone asks: it alone needs the blobs' SDK in most instances.
  const backlog = once(async () => {
    const { createAzureBacklog } = await import("./pipeline/azure-backlog.ts");
    return createAzureBacklog(config, queue, credential);
  });
  const events = createCosmosEventStore(cosmos.containers.events);
  const ledger = createCosmosLedgerStore(cosmos.containers.ledger);
  const quarantine = createCosmosQuarantineStore(cosmos.containers.quarantine);
  const authenticate = createAuthenticate(createCosmosIdentityStore(cosmos.containers.identity), {
    refreshMs: config.credentialRefreshMs,
  });
  const readiness = createReadiness([
    { name: "event-hubs", check: stream.check },
    { name: "cosmos-db", check: cosmos.check },
    { name: "blobs", check: claims.check },
  ]);
  const persistDeps = { events, ledger, quarantine, claims, queue, memory: createMemoryBudget(PERSIST_BYTES) };
  const ingestMemory = createMemoryBudget(INGEST_BYTES);

  return {
    ingestEvents: createEndpoint(authenticate, "events:write", async ({ request, principal }) => {
      const sent = await readBody(request, limits.bodyBytes);
      const encoding = request.headers.get("content-encoding");
      const body = await receiveBatch({ memory: ingestMemory, limits }, sent, encoding, (batch) =>
        acceptBatch({ stream, claims, keys, limits, now }, principal, batch),
      );
      return { status: 202, body };
    }),
    dispatch: (messages, context) =>
      dispatchEnvelopes({ queue, claims }, readStreamMessages(messages, context), logTo(context)),
    persist: (message, context) => persistWorkItem(persistDeps, textOf(message), logTo(context)),
    persistPoison: (message, context) => persistPoison(persistDeps, textOf(message), logTo(context)),
    mergeLedger: async (context) => {
      await mergeLedger(ledger, now() + MERGE_MS, logTo(context), { now });
    },
    queryEvents: createEndpoint(authenticate, "events:read", async ({ request, principal }) => ({
      status: 200,
      body: await queryEvents({ events, keys }, principal, request.query),
    })),
    readEvent: createEndpoint(authenticate, "events:read", async ({ request, principal }) => ({
      status: 200,
      body: { event: await readEvent({ events, keys }, principal, request.params.event_id ?? "") },
    })),
    readReceipt: createEndpoint(authenticate, "events:read", async ({ request, principal }) => ({
      status: 200,
      body: await queryReceipt({ ledger, keys }, principal, request.params.receipt_id ?? ""),
    })),
    queryMetrics: createEndpoint(authenticate, "events:read", async ({ request, principal }) => ({
      status: 200,
      body: await queryMetrics(ledger, principal, request.query, now()),
    })),
    queryLedger: createEndpoint(authenticate, "events:read", async ({ request, principal }) => ({
      status: 200,
      body: await queryLedger(ledger, async () => (await backlog())(), principal, request.query, now()),
    })),
    live: createOpenEndpoint(async () => ({ status: 200, body: { status: "live" } })),
    ready: createOpenEndpoint(readiness),
  };
}

/** The library parses every queue message that is JSON; ours never is, and what is not ours is kept as it came. */
function textOf(message: unknown): string {
  return typeof message === "string" ? message : JSON.stringify(message);
}
