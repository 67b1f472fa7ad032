import type { HttpHandler, InvocationContext } from "@azure/functions";
import type { TokenCredential } from "@azure/identity";
import { createCosmosIdentityDocuments } from "../access/documents/cosmos-identity-documents.ts";
import { createCosmosIdentityStore } from "../access/keys/cosmos-identity-store.ts";
import { createNoteKeyUse } from "../access/keys/last-used.ts";
import { createVerifyApiKey, KEY_GRACE_MS } from "../access/keys/verify-api-key.ts";
import { createPeopleEndpoints, type PeopleEndpoints } from "../access/members/endpoints.ts";
import { createCosmosRevocationStore } from "../access/revocations/cosmos-revocation-store.ts";
import { createRevocationWatch } from "../access/revocations/revocation-watch.ts";
import { createRevoke } from "../access/revocations/revocations.ts";
import { createSignInEndpoints, type SignInEndpoints } from "../access/sign-in/endpoints.ts";
import { createOpenidIdentityProviders } from "../access/sign-in/openid-identity-providers.ts";
import { createAuthenticate } from "../access/tokens/authenticate.ts";
import { exchangeApiKey } from "../access/tokens/exchange-api-key.ts";
import { createIssueAccessToken } from "../access/tokens/issue-access-token.ts";
import { CLOCK_SKEW_SECONDS } from "../access/tokens/read-claims.ts";
import { revokeToken } from "../access/tokens/revoke-token.ts";
import { createSigningKeys } from "../access/tokens/secret-signing-keys.ts";
import { createVerifyAccessToken } from "../access/tokens/verify-access-token.ts";
import { createVerifyOperator } from "../access/tokens/verify-operator.ts";
import { type Config, readConfig } from "../config.ts";
import { createBlobClaimStore } from "../envelope/blob-claim-store.ts";
import { createCosmosEventStore } from "../event/cosmos-event-store.ts";
import { clientAddressOf } from "../http/client-address.ts";
import { createEndpoints } from "../http/endpoint.ts";
import { createReadiness } from "../http/health.ts";
import { createOrigins } from "../http/origins.ts";
import { readForm } from "../http/read-json.ts";
import { createIngestEndpoints, type IngestEndpoints } from "../ingest/endpoints.ts";
import { createEventHubsStream } from "../ingest/event-hubs-stream.ts";
import { createCosmosLedgerStore } from "../ledger/cosmos-ledger-store.ts";
import { mergeLedger } from "../ledger/merge-ledger.ts";
import { createOperatorEndpoints, type OperatorEndpoints } from "../operator/endpoints.ts";
import { ownSecrets } from "../operator/own-secrets.ts";
import { dispatchEnvelopes } from "../pipeline/dispatch-envelopes.ts";
import { persistPoison, persistWorkItem } from "../pipeline/persist-work-item.ts";
import { readStreamMessages } from "../pipeline/read-stream-messages.ts";
import { createStorageWorkQueue } from "../pipeline/storage-work-queue.ts";
import { WORK_QUEUE } from "../pipeline/work-queue.ts";
import { createCosmosQuarantineStore } from "../quarantine/cosmos-quarantine-store.ts";
import { createQueryEndpoints, type QueryEndpoints } from "../query/endpoints.ts";
import { createMemoryBudget } from "../runtime/memory-budget.ts";
import { once } from "../runtime/once.ts";
import { createBlobLease } from "../secrets/blob-lease.ts";
import { createReadSecret } from "../secrets/create-read-secret.ts";
import { makeFirstVersion, rotateDueSecrets } from "../secrets/keep-secrets.ts";
import { createKeyRings } from "../secrets/key-rings.ts";
import { createKeyVaultSecretVault } from "../secrets/key-vault-secret-vault.ts";
import { createSecretHolder } from "../secrets/secret-holder.ts";
import { connectCosmos } from "../store/cosmos.ts";
import { createCredential } from "../store/credential.ts";
import { logTo, silent } from "../telemetry/log.ts";

/** What the functions call: one member for each trigger. */
export interface Headrace extends IngestEndpoints, QueryEndpoints, OperatorEndpoints, PeopleEndpoints, SignInEndpoints {
  readonly issueToken: HttpHandler;
  readonly revokeToken: HttpHandler;
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

/** What is outside, each behind its port: nobody else here knows which vendor it is. */
function connectAdapters(config: Config) {
  let shared: TokenCredential | undefined;
  const credential = (): TokenCredential => {
    shared ??= createCredential(config.managedIdentityClientId);
    return shared;
  };
  const { containers, check: checkCosmos } = connectCosmos(config.cosmos, credential);
  const queue = createStorageWorkQueue(config.queues, WORK_QUEUE, credential);
  // Loaded when someone asks: it alone needs the blobs' SDK in most instances.
  const openBacklog = once(async () => {
    const { createAzureBacklog } = await import("../pipeline/azure-backlog.ts");
    return createAzureBacklog(config, queue, credential);
  });
  return {
    checkCosmos,
    queue,
    readBacklog: async () => (await openBacklog())(),
    stream: createEventHubsStream({ connection: config.eventHubs, hub: config.eventHubName, credential }),
    claims: createBlobClaimStore(config.blobs, credential),
    events: createCosmosEventStore(containers.events),
    ledger: createCosmosLedgerStore(containers.ledger),
    quarantine: createCosmosQuarantineStore(containers.quarantine),
    vault: createKeyVaultSecretVault(config.keyVault, credential()),
    withLease: createBlobLease(config.blobs, credential),
    identity: createCosmosIdentityStore(containers.identity),
    documents: createCosmosIdentityDocuments(containers.identity, config),
    revocationStore: createCosmosRevocationStore(containers.control),
  };
}

type Adapters = ReturnType<typeof connectAdapters>;

/** The secrets, and what signs by them. */
function createSecrets(config: Config, { vault, withLease }: Adapters) {
  const owned = ownSecrets({ ...config, tokenSeconds: config.tokens.lifetimeSeconds });
  const rotation = { vault, withLease, cacheMs: config.secretCacheMs, now: Date.now };
  const secrets = createSecretHolder(vault, {
    cacheMs: config.secretCacheMs,
    makeFirst: async (name) => {
      const secret = Object.values(owned).find((one) => one.name === name);
      if (secret) await makeFirstVersion(rotation, secret, silent);
    },
  });
  return { owned, rotation, secrets, keyRings: createKeyRings(secrets), signingKeys: createSigningKeys(secrets) };
}

/** Who may come in, by which credential, and until when. */
function createAccess(
  config: Config,
  { identity, revocationStore }: Adapters,
  { owned, secrets, signingKeys }: ReturnType<typeof createSecrets>,
) {
  const { issuer, audience, lifetimeSeconds } = config.tokens;
  // A token is dated by what was read for it, which may be as old as an answer that outlives an outage.
  const maxLifetimeSeconds = lifetimeSeconds + KEY_GRACE_MS / 1000;
  const revoke = createRevoke(revocationStore, { keepMs: (maxLifetimeSeconds + 2 * CLOCK_SKEW_SECONDS) * 1000 });
  const revocations = createRevocationWatch(revocationStore, {
    pollMs: config.revocationPollMs,
    onSigningKeyRevoked: () => {
      for (const { name } of Object.values(owned)) secrets.expire(name);
    },
  });
  const noteKeyUse = createNoteKeyUse(identity, { now: Date.now });
  const verifyApiKey = createVerifyApiKey(identity, { refreshMs: config.credentialRefreshMs, onUse: noteKeyUse });
  const authenticate = createAuthenticate({
    verifyApiKey,
    verifyAccessToken: createVerifyAccessToken(signingKeys.findVerifier, { issuer, audience, maxLifetimeSeconds }),
    verifyOperator: createVerifyOperator(config.operator),
    revocations,
  });
  const issueAccessToken = createIssueAccessToken(signingKeys.findSigner, { issuer, audience, lifetimeSeconds });
  return { revoke, revocations, verifyApiKey, authenticate, issueAccessToken };
}

/** The composition root: adapters first, then what uses them. */
function createHeadrace(config: Config): Headrace {
  const now = Date.now;
  const adapters = connectAdapters(config);
  const { stream, claims, queue, events, ledger, quarantine, identity, documents, revocationStore } = adapters;
  const signing = createSecrets(config, adapters);
  const { owned, rotation, secrets, keyRings, signingKeys } = signing;
  const { revoke, revocations, verifyApiKey, authenticate, issueAccessToken } = createAccess(config, adapters, signing);
  // What a cache of the key set holds is then younger than a cache lifetime, as what an instance holds is.
  const keySetSeconds = Math.floor(config.secretCacheMs / 4_000);
  const endpoint = createEndpoints(authenticate);
  const readiness = createReadiness([
    { name: "event-hubs", check: stream.check },
    { name: "cosmos-db", check: adapters.checkCosmos },
    { name: "blobs", check: claims.check },
    { name: "key-vault", check: keyRings.current },
    // What is accepted waits in Event Hubs while the queue is away: taking an instance out of service would only lose time.
    { name: "queues", check: queue.check, required: false },
  ]);
  const persistDeps = { events, ledger, quarantine, claims, queue, memory: createMemoryBudget(PERSIST_BYTES) };
  const ingestDeps = { stream, claims, keyRings, memory: createMemoryBudget(INGEST_BYTES), limits: config.limits, now };
  const peopleDeps = {
    documents,
    keyRings,
    revoke,
    origins: createOrigins(config.origins),
    now,
    clientAddressHeader: config.clientAddressHeader,
  };
  const operatorDeps = {
    ...peopleDeps,
    orgs: { identity, documents, revocations: revocationStore, now },
    rotation: { ...rotation, secrets, owned, revoke },
    readBacklog: adapters.readBacklog,
  };
  const readSecret = createReadSecret(secrets);
  const signInDeps = {
    ...peopleDeps,
    providers: createOpenidIdentityProviders(config.identityProviders, { readSecret, now }),
    issueAccessToken,
    isSuspended: async (orgId: string) => {
      await revocations.isCurrent();
      return revocations.isSuspended(orgId);
    },
  };

  return {
    dispatch: (messages, context) =>
      dispatchEnvelopes({ queue, claims }, readStreamMessages(messages, context), logTo(context)),
    persist: (message, context) => persistWorkItem(persistDeps, textOf(message), logTo(context)),
    persistPoison: (message, context) => persistPoison(persistDeps, textOf(message), logTo(context)),
    mergeLedger: async (context) => {
      await mergeLedger(ledger, now() + MERGE_MS, logTo(context), { now });
    },
    issueToken: endpoint("issue-token", async ({ request }) => ({
      status: 200,
      body: await exchangeApiKey(
        { verifyApiKey, issueAccessToken, revocations },
        request.headers.get("authorization"),
        await readForm(request),
      ),
      headers: { pragma: "no-cache" },
    })),
    revokeToken: endpoint("revoke-token", async ({ request, requestId, principal }) => {
      const clientAddress = clientAddressOf(request, config.clientAddressHeader);
      const actor = { subject: principal.subject, clientAddress, requestId };
      await revokeToken(peopleDeps, actor, principal.orgId, request.params.token_id ?? "");
      return { status: 204 };
    }),
    readKeySet: endpoint("read-key-set", async () => ({
      status: 200,
      body: JSON.stringify(await signingKeys.publicKeySet()),
      headers: { "content-type": "application/json", "cache-control": `public, max-age=${keySetSeconds}` },
    })),
    rotateSecrets: (context) => rotateDueSecrets({ ...rotation, secrets }, Object.values(owned), logTo(context)),
    ...createIngestEndpoints(endpoint, ingestDeps),
    ...createQueryEndpoints(endpoint, { events, ledger, keyRings, readBacklog: adapters.readBacklog, now }),
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
