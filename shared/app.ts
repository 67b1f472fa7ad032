import type { HttpHandler, InvocationContext } from "@azure/functions";
import type { TokenCredential } from "@azure/identity";
import { createCredential } from "./azure/credential.ts";
import { type Config, readConfig } from "./config.ts";
import { createBlobClaimStore } from "./envelope/blob-claim-store.ts";
import { createEndpoints } from "./http/endpoint.ts";
import { createReadiness } from "./http/health.ts";
import { createOrigins } from "./http/origins.ts";
import { readBody } from "./http/read-body.ts";
import { readForm } from "./http/read-json.ts";
import { createAuthenticate } from "./identity/authenticate.ts";
import { createCosmosIdentityDocuments } from "./identity/cosmos-identity-documents.ts";
import { createCosmosIdentityStore } from "./identity/cosmos-identity-store.ts";
import { createVerifyApiKey, KEY_GRACE_MS } from "./identity/verify-api-key.ts";
import { acceptBatch } from "./ingest/accept-batch.ts";
import { createEventHubsStream } from "./ingest/event-hubs-stream.ts";
import { receiveBatch } from "./ingest/receive-batch.ts";
import { createNoteKeyUse } from "./keys/last-used.ts";
import { createBlobLease } from "./lease/blob-lease.ts";
import { createCosmosLedgerStore } from "./ledger/cosmos-ledger-store.ts";
import { mergeLedger } from "./ledger/merge-ledger.ts";
import { logTo, silent } from "./log.ts";
import { createMemoryBudget } from "./memory-budget.ts";
import { once } from "./once.ts";
import { createOperatorEndpoints, type OperatorEndpoints } from "./operator/endpoints.ts";
import { createVerifyOperator } from "./operator/verify-operator.ts";
import { createPeopleEndpoints, type PeopleEndpoints } from "./people/endpoints.ts";
import { dispatchEnvelopes } from "./pipeline/dispatch-envelopes.ts";
import { persistPoison, persistWorkItem } from "./pipeline/persist-work-item.ts";
import { readStreamMessages } from "./pipeline/read-stream-messages.ts";
import { createStorageWorkQueue } from "./pipeline/storage-work-queue.ts";
import { WORK_QUEUE } from "./pipeline/work-queue.ts";
import { queryEvents, readEvent } from "./query/query-events.ts";
import { queryLedger } from "./query/query-ledger.ts";
import { queryMetrics } from "./query/query-metrics.ts";
import { queryReceipt } from "./receipt/query-receipt.ts";
import { createReadSecret } from "./secrets/create-read-secret.ts";
import { makeFirstVersion, rotateDueSecrets } from "./secrets/keep-secrets.ts";
import { createKeyVaultSecretVault } from "./secrets/key-vault-secret-vault.ts";
import { ownSecrets } from "./secrets/own-secrets.ts";
import { createSecretHolder } from "./secrets/secret-holder.ts";
import { createSigningKeys } from "./secrets/secret-signing-keys.ts";
import { createSignInEndpoints, type SignInEndpoints } from "./sign-in/endpoints.ts";
import { createOpenidIdentityProviders } from "./sign-in/openid-identity-providers.ts";
import { createKeyRings } from "./signing/key-rings.ts";
import { connectCosmos } from "./store/cosmos.ts";
import { createCosmosEventStore } from "./store/cosmos-event-store.ts";
import { createCosmosQuarantineStore } from "./store/cosmos-quarantine-store.ts";
import { createCosmosRevocationStore } from "./tokens/cosmos-revocation-store.ts";
import { exchangeApiKey } from "./tokens/exchange-api-key.ts";
import { createIssueAccessToken } from "./tokens/issue-access-token.ts";
import { CLOCK_SKEW_SECONDS } from "./tokens/read-claims.ts";
import { createRevocationWatch } from "./tokens/revocation-watch.ts";
import { createRevoke } from "./tokens/revocations.ts";
import { createVerifyAccessToken } from "./tokens/verify-access-token.ts";

/** What the functions call: one member for each trigger. */
export interface Headrace extends OperatorEndpoints, PeopleEndpoints, SignInEndpoints {
  readonly ingestEvents: HttpHandler;
  readonly queryEvents: HttpHandler;
  readonly readEvent: HttpHandler;
  readonly readReceipt: HttpHandler;
  readonly queryMetrics: HttpHandler;
  readonly queryLedger: HttpHandler;
  readonly issueToken: HttpHandler;
  readonly readKeySet: HttpHandler;
  readonly live: HttpHandler;
  readonly ready: HttpHandler;
  dispatch(messages: unknown, context: InvocationContext): Promise<void>;
  persist(message: unknown, context: InvocationContext): Promise<void>;
  persistPoison(message: unknown, context: InvocationContext): Promise<void>;
  mergeLedger(context: InvocationContext): Promise<void>;
  rotateSecrets(context: InvocationContext): Promise<void>;
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
  const cosmos = connectCosmos(config.cosmos, credential);
  const stream = createEventHubsStream({ connection: config.eventHubs, hub: config.eventHubName, credential });
  const claims = createBlobClaimStore(config.blobs, credential);
  const queue = createStorageWorkQueue(config.queues, WORK_QUEUE, credential);
  // Loaded when someone asks: it alone needs the blobs' SDK in most instances.
  const openBacklog = once(async () => {
    const { createAzureBacklog } = await import("./pipeline/azure-backlog.ts");
    return createAzureBacklog(config, queue, credential);
  });
  const readBacklog = async () => (await openBacklog())();
  const events = createCosmosEventStore(cosmos.containers.events);
  const ledger = createCosmosLedgerStore(cosmos.containers.ledger);
  const quarantine = createCosmosQuarantineStore(cosmos.containers.quarantine);
  const vault = createKeyVaultSecretVault(config.keyVault, credential());
  const withLease = createBlobLease(config.blobs, credential);
  const identity = createCosmosIdentityStore(cosmos.containers.identity);
  const revocationStore = createCosmosRevocationStore(cosmos.containers.control);

  const { issuer, audience, lifetimeSeconds } = config.tokens;
  const owned = ownSecrets({ ...config, tokenSeconds: lifetimeSeconds });
  const rotation = { vault, withLease, cacheMs: config.secretCacheMs, now };
  const secrets = createSecretHolder(vault, {
    cacheMs: config.secretCacheMs,
    makeFirst: async (name) => {
      const secret = Object.values(owned).find((one) => one.name === name);
      if (secret) await makeFirstVersion(rotation, secret, silent);
    },
  });
  const keys = createKeyRings(secrets);
  const signingKeys = createSigningKeys(secrets);
  // A token is dated by what was read for it, which may be as old as an answer that outlives an outage.
  const maxLifetimeSeconds = lifetimeSeconds + KEY_GRACE_MS / 1000;
  const revoke = createRevoke(revocationStore, { keepMs: (maxLifetimeSeconds + 2 * CLOCK_SKEW_SECONDS) * 1000 });
  const revocations = createRevocationWatch(revocationStore, {
    pollMs: config.revocationPollMs,
    onSigningKeyRevoked: () => {
      for (const { name } of Object.values(owned)) secrets.expire(name);
    },
  });
  const noteKeyUse = createNoteKeyUse(identity, { now });
  const verifyApiKey = createVerifyApiKey(identity, { refreshMs: config.credentialRefreshMs, onUse: noteKeyUse });
  const issueAccessToken = createIssueAccessToken(signingKeys.findSigner, { issuer, audience, lifetimeSeconds });
  const authenticate = createAuthenticate({
    verifyApiKey,
    verifyAccessToken: createVerifyAccessToken(signingKeys.findVerifier, { issuer, audience, maxLifetimeSeconds }),
    verifyOperator: createVerifyOperator(config.operator),
    revocations,
  });
  // What a cache of the key set holds is then younger than a cache lifetime, as what an instance holds is.
  const keySetSeconds = Math.floor(config.secretCacheMs / 4_000);
  const endpoint = createEndpoints(authenticate);
  const readiness = createReadiness([
    { name: "event-hubs", check: stream.check },
    { name: "cosmos-db", check: cosmos.check },
    { name: "blobs", check: claims.check },
    { name: "key-vault", check: keys.current },
    // What is accepted waits in Event Hubs while the queue is away: taking an instance out of service would only lose time.
    { name: "queues", check: queue.check, required: false },
  ]);
  const persistDeps = { events, ledger, quarantine, claims, queue, memory: createMemoryBudget(PERSIST_BYTES) };
  const ingestMemory = createMemoryBudget(INGEST_BYTES);
  // Begun by an instance's first request while that is authenticated, and by no instance that takes no events. Whoever needs what
  // could not be had asks again, and says so.
  const openIngest = once(() => Promise.allSettled([stream.open(), keys.current()]));
  const readSecret = createReadSecret(secrets);
  const peopleDeps = {
    documents: createCosmosIdentityDocuments(cosmos.containers.identity),
    keyRings: keys,
    revoke,
    origins: createOrigins(config.origins),
    now,
    clientAddressHeader: config.clientAddressHeader,
  };
  const operatorDeps = {
    ...peopleDeps,
    orgs: { identity, documents: peopleDeps.documents, revocations: revocationStore, now },
    rotation: { ...rotation, secrets, owned, revoke },
    readBacklog,
  };
  const signInDeps = {
    ...peopleDeps,
    providers: createOpenidIdentityProviders(config.identityProviders, { readSecret, now }),
    issueAccessToken,
    isSuspended: async (orgId: string) => {
      await revocations.isCurrent();
      return revocations.isSuspended(orgId);
    },
  };

  const takeEvents = endpoint("ingest-events", async ({ request, principal }) => {
    const sent = await readBody(request, limits.bodyBytes);
    const encoding = request.headers.get("content-encoding");
    const ring = await keys.current();
    const body = await receiveBatch({ memory: ingestMemory, limits }, sent, encoding, (batch) =>
      acceptBatch({ stream, claims, keys: ring, limits, now }, principal, batch),
    );
    return { status: 202, body };
  });

  return {
    ingestEvents: (request, context) => {
      void openIngest();
      return takeEvents(request, context);
    },
    dispatch: (messages, context) =>
      dispatchEnvelopes({ queue, claims }, readStreamMessages(messages, context), logTo(context)),
    persist: (message, context) => persistWorkItem(persistDeps, textOf(message), logTo(context)),
    persistPoison: (message, context) => persistPoison(persistDeps, textOf(message), logTo(context)),
    mergeLedger: async (context) => {
      await mergeLedger(ledger, now() + MERGE_MS, logTo(context), { now });
    },
    queryEvents: endpoint("query-events", async ({ request, principal }) => ({
      status: 200,
      body: await queryEvents(
        { events, keys: await keys.knowing(request.query.get("cursor")) },
        principal,
        request.query,
      ),
    })),
    readEvent: endpoint("read-event", async ({ request, principal }) => ({
      status: 200,
      body: { event: await readEvent(events, principal, request.params.event_id ?? "") },
    })),
    readReceipt: endpoint("read-receipt", async ({ request, principal }) => {
      const receiptId = request.params.receipt_id ?? "";
      return {
        status: 200,
        body: await queryReceipt({ ledger, keys: await keys.knowing(receiptId) }, principal, receiptId),
      };
    }),
    queryMetrics: endpoint("query-metrics", async ({ request, principal }) => ({
      status: 200,
      body: await queryMetrics(ledger, principal, request.query, now()),
    })),
    queryLedger: endpoint("query-ledger", async ({ request, principal }) => ({
      status: 200,
      body: await queryLedger(ledger, readBacklog, principal, request.query, now()),
    })),
    issueToken: endpoint("issue-token", async ({ request }) => ({
      status: 200,
      body: await exchangeApiKey(
        { verifyApiKey, issueAccessToken, revocations },
        request.headers.get("authorization"),
        await readForm(request),
      ),
      headers: { pragma: "no-cache" },
    })),
    readKeySet: endpoint("read-key-set", async () => ({
      status: 200,
      body: JSON.stringify(await signingKeys.publicKeySet()),
      headers: { "content-type": "application/json", "cache-control": `public, max-age=${keySetSeconds}` },
    })),
    rotateSecrets: (context) => rotateDueSecrets({ ...rotation, secrets }, Object.values(owned), logTo(context)),
    ...createOperatorEndpoints(endpoint, operatorDeps),
    ...createPeopleEndpoints(endpoint, peopleDeps),
    ...createSignInEndpoints(endpoint, signInDeps),
    live: endpoint("live", async () => ({ status: 200, body: { status: "live" } })),
    ready: endpoint("ready", readiness),
  };
}

/** The library parses every queue message that is JSON; ours never is, and what is not ours is kept as it came. */
function textOf(message: unknown): string {
  return typeof message === "string" ? message : JSON.stringify(message);
}
