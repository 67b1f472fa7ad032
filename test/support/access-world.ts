import { HttpRequest, InvocationContext } from "@azure/functions";
import { createRequireCurrent } from "../../shared/access/documents/require-current.ts";
import { KEY_GRACE_MS } from "../../shared/access/keys/org-keys.ts";
import { createReadState } from "../../shared/access/keys/read-state.ts";
import { createVerifyApiKey } from "../../shared/access/keys/verify-api-key.ts";
import { createRevocationWatch, type RevocationWatch } from "../../shared/access/revocations/revocation-watch.ts";
import { createRevoke } from "../../shared/access/revocations/revocations.ts";
import { createAuthenticate } from "../../shared/access/tokens/authenticate.ts";
import { createIssueAccessToken } from "../../shared/access/tokens/issue-access-token.ts";
import { createSigningKeys, SIGNING_KEY_SECRET } from "../../shared/access/tokens/secret-signing-keys.ts";
import { createVerifyAccessToken } from "../../shared/access/tokens/verify-access-token.ts";
import { createVerifyOperator } from "../../shared/access/tokens/verify-operator.ts";
import { createEdge, type Edge } from "../../shared/http/edge.ts";
import { createEndpoint } from "../../shared/http/endpoint.ts";
import type { Authenticate, RequireCurrent } from "../../shared/identity/principal.ts";
import type { KeyScope } from "../../shared/identity/roles.ts";
import { ownSecrets } from "../../shared/operator/own-secrets.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { makeFirstVersion } from "../../shared/secrets/keep-secrets.ts";
import { createSecretHolder } from "../../shared/secrets/secret-holder.ts";
import { silent } from "../../shared/telemetry/log.ts";
import { createMemoryIdentityDocuments, type IdentityContainer } from "./memory-identity.ts";
import { createMemoryIdentityStore, type MemoryIdentityStore } from "./memory-identity-store.ts";
import { createMemoryLease } from "./memory-lease.ts";
import { createMemoryOrgStateStore } from "./memory-org-state-store.ts";
import { createMemoryRevocationStore, type MemoryRevocationStore } from "./memory-revocation-store.ts";
import { createMemorySecretVault, type MemorySecretVault } from "./memory-secret-vault.ts";
import { createTestIdentity } from "./test-identity.ts";

export interface LogLine {
  readonly level: string;
  readonly text: string;
}

/** The parts that an instance's requests share, with a clock to move and stores that can be away. */
export interface Instance {
  readonly signingKeys: ReturnType<typeof createSigningKeys>;
  readonly issue: ReturnType<typeof createIssueAccessToken>;
  readonly edge: Edge;
  readonly authenticate: Authenticate;
  readonly requireCurrent: RequireCurrent;
  readonly revocations: RevocationWatch;
  /**
   * Sends a request with this Authorization header through a real endpoint that needs `events:read`, or another's
   * scope.
   */
  call(authorization: string | undefined, route?: AskedRoute): Promise<Reply>;
}

type AskedRoute = "query-events" | "ingest-events" | "operator-list-orgs";

export interface Reply {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly log: readonly LogLine[];
}

export const ISSUER = "https://headrace.test";
export const AUDIENCE = "https://headrace.test/api";
export const LIFETIME_SECONDS = 3_600;

export interface AccessWorld {
  readonly clock: { now: number };
  readonly vault: MemorySecretVault;
  readonly control: MemoryRevocationStore;
  readonly store: MemoryIdentityStore;
  readonly revoke: ReturnType<typeof createRevoke>;
  makeKey(orgId: string, scopes?: readonly KeyScope[]): Promise<{ readonly key: string; readonly keyId: string }>;
  /** In the store: instances that know the key go on taking it for a while. */
  revokeKey(orgId: string, keyId: string): Promise<void>;
  /** Likewise, as a rotation does: the key works for `ms` more. */
  expireKey(orgId: string, keyId: string, ms: number): Promise<void>;
  startInstance(): Instance;
}

export function createAccessWorld({ cacheMs = 300_000 } = {}): AccessWorld {
  const clock = { now: Date.now() };
  const now = (): number => clock.now;
  const vault = createMemorySecretVault(now);
  const control = createMemoryRevocationStore(now);
  const container: IdentityContainer = new Map();
  const store = createMemoryIdentityStore(container);
  const documents = createMemoryIdentityDocuments(container);
  const readState = createReadState({ states: createMemoryOrgStateStore(container, store), documents, now });
  const identity = createTestIdentity(documents);
  const withLease = createMemoryLease();
  const keys = createKeyRing([Buffer.alloc(32, 1)]);
  const maxLifetimeSeconds = LIFETIME_SECONDS + KEY_GRACE_MS / 1000;
  const owned = ownSecrets({ signingKeyMs: 30 * 86_400_000, receiptKeyMs: 86_400_000, tokenSeconds: LIFETIME_SECONDS });
  return {
    clock,
    vault,
    control,
    store,
    revoke: createRevoke(control, { keepMs: (maxLifetimeSeconds + 120) * 1000 }),
    makeKey: async (orgId, scopes) => {
      if (!(await store.listOrgIds()).includes(orgId)) await identity.makeOrg(orgId);
      return identity.makeApiKey(orgId, scopes);
    },
    revokeKey: identity.revokeApiKey,
    expireKey: (orgId, keyId, ms) => identity.expireApiKey(orgId, keyId, new Date(now() + ms)),
    startInstance: () => {
      const secrets = createSecretHolder(vault, {
        cacheMs,
        now,
        makeFirst: () => makeFirstVersion({ vault, withLease, cacheMs, now }, owned[SIGNING_KEY_SECRET], silent),
      });
      const signingKeys = createSigningKeys(secrets, now);
      const revocations = createRevocationWatch(control, {
        pollMs: 10_000,
        waitMs: 50,
        now,
        onSigningKeyRevoked: () => secrets.expire(SIGNING_KEY_SECRET),
      });
      const verifyApiKey = createVerifyApiKey({ store, readState }, { refreshMs: 300_000, revocations, now });
      const options = { issuer: ISSUER, audience: AUDIENCE };
      const authenticate = createAuthenticate({
        verifyApiKey,
        verifyAccessToken: createVerifyAccessToken(signingKeys.findVerifier, { ...options, maxLifetimeSeconds, now }),
        verifyOperator: createVerifyOperator({ entra: undefined, keyHash: undefined }),
        revocations,
      });
      const requireCurrent = createRequireCurrent(documents, { now });
      const edge = createEdge({ frontDoorId: undefined, clientAddressHeader: "x-forwarded-for" });
      const endpoint = createEndpoint({ edge, authenticate, requireCurrent });
      return {
        signingKeys,
        authenticate,
        edge,
        requireCurrent,
        revocations,
        issue: createIssueAccessToken(
          { findSigner: signingKeys.findSigner, keyRings: { current: async () => keys } },
          { ...options, lifetimeSeconds: LIFETIME_SECONDS, now },
        ),
        call: (authorization, route = "query-events") => callEndpoint(endpoint, route, authorization),
      };
    },
  };
}

/** Calls an endpoint of a route that answers who is calling, as the Functions host does. */
async function callEndpoint(
  endpoint: ReturnType<typeof createEndpoint>,
  route: AskedRoute,
  authorization: string | undefined,
): Promise<Reply> {
  const log: LogLine[] = [];
  const context = new InvocationContext({
    functionName: route,
    logHandler: (level, ...args) => void log.push({ level, text: args.map(String).join(" ") }),
  });
  const headers = authorization === undefined ? undefined : { authorization };
  const request = new HttpRequest({ url: "https://headrace.test/", method: "GET", ...(headers && { headers }) });
  const answer = (await endpoint(route, async ({ principal }) => ({ status: 200, body: principal }))(
    request,
    context,
  )) as { status: number; headers: Record<string, string>; body: string };
  return {
    status: answer.status,
    challenge: answer.headers["www-authenticate"],
    body: JSON.parse(answer.body) as Record<string, unknown>,
    log,
  };
}
