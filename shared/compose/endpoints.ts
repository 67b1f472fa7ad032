import type { HttpHandler } from "@azure/functions";
import { createActorOf } from "../access/audit/actor-of.ts";
import { createAuditEndpoints } from "../access/audit/endpoints.ts";
import { createKeyEndpoints } from "../access/keys/endpoints.ts";
import { createMemberEndpoints } from "../access/members/endpoints.ts";
import { createSessionEndpoints } from "../access/sessions/endpoints.ts";
import { createSignInEndpoints } from "../access/sign-in/endpoints.ts";
import { createOpenidIdentityProviders } from "../access/sign-in/openid-identity-providers.ts";
import { createTokenEndpoints } from "../access/tokens/endpoints.ts";
import type { Config } from "../config.ts";
import { createContractEndpoints } from "../contract/endpoints.ts";
import type { Versions } from "../http/deprecations.ts";
import { createEdge, type Edge } from "../http/edge.ts";
import { createEndpoints, createUnroutedEndpoint, type Handlers } from "../http/endpoint.ts";
import { createHealthEndpoints, type Dependency } from "../http/health.ts";
import { createOrigins } from "../http/origins.ts";
import type { RouteName } from "../http/routes.ts";
import { answerUnrouted } from "../http/unrouted.ts";
import { createIngestEndpoints } from "../ingest/endpoints.ts";
import { createJobEndpoints } from "../jobs/endpoints.ts";
import { createOperatorEndpoints } from "../operator/endpoints.ts";
import { createVersionEndpoints } from "../operator/read-versions.ts";
import { createQuarantineEndpoints } from "../quarantine/endpoints.ts";
import { createQueryEndpoints } from "../query/endpoints.ts";
import { createReplayEndpoints } from "../replay/endpoints.ts";
import { createSharedMemory } from "../runtime/shared-memory.ts";
import { takeTurns } from "../runtime/turn.ts";
import { createBackfillEndpoints } from "../schema/backfill/endpoints.ts";
import type { Access } from "./access.ts";
import type { Adapters } from "./adapters.ts";
import type { Checking, composeJobs } from "./jobs.ts";
import { composeRegistry } from "./registry.ts";
import type { Secrets } from "./secrets.ts";
import { version } from "./version.ts";

/** Bytes of large bodies in work at once: parsed they take several times as much, and 512 MB must do. */
const INGEST_BYTES = 24 * 1024 * 1024;
/** How long in ms a large body waits for its turn. */
const INGEST_WAIT_MS = 2_000;

/** What endpoints share with the other triggers. */
export interface EndpointParts {
  readonly versions: Versions;
  readonly jobs: ReturnType<typeof composeJobs>;
  readonly checking: Checking;
}

/** What a function answers by, for each row of the route table. */
export function composeEndpoints(
  config: Config,
  adapters: Adapters,
  secrets: Secrets,
  access: Access,
  { versions, jobs, checking }: EndpointParts,
): Readonly<Record<RouteName, HttpHandler>> {
  const { stream, claims, events, ledger, quarantine, readBacklog, versionUse } = adapters;
  const { keyRings } = secrets;
  const { deprecations } = versions;
  const now = Date.now;
  const edge = createEdge(config);
  const actorOf = createActorOf(edge);
  const { openJudge, memory: kept } = checking;
  const memory = createSharedMemory({ maxBytes: INGEST_BYTES, waitMs: INGEST_WAIT_MS });
  const { tell, startJob } = jobs;
  const acting = { quarantine, events, ledger, claims, keyRings, now, actorOf, tell, startJob };
  return createEndpoints(
    { ...access, edge, versions },
    {
      ...createIngestEndpoints({ stream, claims, keyRings, memory, openJudge, limits: config.limits, now }, edge),
      ...createQueryEndpoints({ events, ledger, registry: adapters.registry, keyRings, readBacklog, now }),
      ...createQuarantineEndpoints({ ...acting, memory: kept }),
      ...createReplayEndpoints({ ...acting, ...checking, takeTurns }),
      ...composeRegistry(adapters, secrets, access, edge),
      ...createBackfillEndpoints({ registry: adapters.registry, actorOf, startJob: jobs.startJob }),
      ...createJobEndpoints({ ...jobs, actorOf, requireCurrent: access.requireCurrent }),
      ...composeAccessEndpoints(config, adapters, secrets, access, edge),
      ...createVersionEndpoints({ versionUse, deprecations }),
      ...createContractEndpoints({ limits: config.limits, version: version ?? "from its sources", deprecations }),
      ...createHealthEndpoints(dependenciesOf(adapters, secrets), { version }),
    },
  );
}

/** What the function for everything without a route answers by. */
export function composeUnrouted(config: Config): HttpHandler {
  return createUnroutedEndpoint({ edge: createEdge(config) }, answerUnrouted);
}

/** What readiness asks: whether it answers, and of Cosmos DB whether it is as `containers.ts` says. */
function dependenciesOf(adapters: Adapters, { keyRings }: Secrets): Dependency[] {
  const { stream, checkCosmos, claims, queue, checkCheckpoints } = adapters;
  return [
    { name: "event-hubs", check: stream.check },
    { name: "cosmos-db", check: checkCosmos },
    { name: "blobs", check: claims.check },
    { name: "key-vault", check: keyRings.current },
    { name: "checkpoints", check: checkCheckpoints },
    // What is accepted waits in Event Hubs while the queue is away: taking an instance out of service would only
    // lose time.
    { name: "queues", check: queue.check, required: false },
  ];
}

/** Who belongs to an org, what speaks for it, what was changed, and what the operator does. */
function composeAccessEndpoints(config: Config, adapters: Adapters, secrets: Secrets, access: Access, edge: Edge) {
  const { documents, identity, ledger, revocationStore, readBacklog, timerRuns, newerFormats } = adapters;
  const { secrets: holder, owned, rotation, keyRings, readSecret, signingKeys } = secrets;
  const { verifyApiKey, issueAccessToken, revocations, isSuspended, revoke } = access;
  const origins = createOrigins(config.origins, edge);
  const actorOf = createActorOf(edge);
  const now = Date.now;
  const providers = createOpenidIdentityProviders(config.identityProviders, { readSecret, now });
  return {
    ...createMemberEndpoints({ documents, revoke, origins, actorOf, now }),
    ...createKeyEndpoints({ documents, revoke, actorOf, now }),
    ...createSessionEndpoints({ documents, keyRings, revoke, actorOf, now }),
    ...createAuditEndpoints({ documents, keyRings }),
    ...createTokenEndpoints({
      verifyApiKey,
      issueAccessToken,
      revocations,
      documents,
      keyRings,
      revoke,
      publicKeySet: signingKeys.publicKeySet,
      secretCacheMs: config.secretCacheMs,
      actorOf,
      now,
    }),
    ...createSignInEndpoints({
      documents,
      keyRings,
      revoke,
      providers,
      isSuspended,
      issueAccessToken,
      origins,
      edge,
      now,
    }),
    ...createOperatorEndpoints({
      orgs: { identity, documents, revocations: revocationStore, now },
      ledger,
      rotation: { ...rotation, secrets: holder, owned, revoke },
      readBacklog,
      timerRuns,
      newerFormats,
      origins,
      actorOf,
    }),
  } satisfies Partial<Handlers>;
}
