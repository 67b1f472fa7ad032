import { HttpRequest, InvocationContext } from "@azure/functions";
import { createRequireCurrent } from "../../shared/access/documents/require-current.ts";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import type { StoredApiKey } from "../../shared/access/keys/identity-store.ts";
import { createVerifyApiKey, KEY_GRACE_MS } from "../../shared/access/keys/verify-api-key.ts";
import { createRevocationWatch } from "../../shared/access/revocations/revocation-watch.ts";
import { type ControlChange, createRevoke, type RevocationStore } from "../../shared/access/revocations/revocations.ts";
import { createAuthenticate } from "../../shared/access/tokens/authenticate.ts";
import { createIssueAccessToken } from "../../shared/access/tokens/issue-access-token.ts";
import { createSigningKeys, SIGNING_KEY_SECRET } from "../../shared/access/tokens/secret-signing-keys.ts";
import { createVerifyAccessToken } from "../../shared/access/tokens/verify-access-token.ts";
import { createVerifyOperator } from "../../shared/access/tokens/verify-operator.ts";
import { createEndpoint } from "../../shared/http/endpoint.ts";
import type { Authenticate, RequireCurrent } from "../../shared/identity/principal.ts";
import { type KeyScope, keyScopes } from "../../shared/identity/roles.ts";
import { ownSecrets } from "../../shared/operator/own-secrets.ts";
import { makeFirstVersion } from "../../shared/secrets/keep-secrets.ts";
import type { WithLease } from "../../shared/secrets/lease.ts";
import { createSecretHolder } from "../../shared/secrets/secret-holder.ts";
import { createMemoryIdentityDocuments } from "./memory-identity.ts";
import { createMemorySecretVault, type MemorySecretVault } from "./memory-secret-vault.ts";

export interface MemoryControl extends RevocationStore {
  away: boolean;
  /** While true, it never answers. */
  hangs: boolean;
  reads: number;
}

export function createMemoryControl(): MemoryControl {
  const changes: ControlChange[] = [];
  const control: MemoryControl = {
    away: false,
    hangs: false,
    reads: 0,
    addCutOff: async (cutOff) => void changes.push({ kind: "cut-off", ...cutOff }),
    setSuspended: async (orgId, suspended) => void changes.push({ kind: "suspension", orgId, suspended }),
    readChanges: async (mark = 0) => {
      control.reads++;
      if (control.hangs) await new Promise(() => undefined);
      if (control.away) throw new Error("the store is away");
      return { changes: changes.slice(mark), mark: changes.length };
    },
  };
  return control;
}

export interface LogLine {
  readonly level: string;
  readonly text: string;
}

/** What an instance's requests share, with a clock to move and stores that can be away. */
export interface Instance {
  readonly signingKeys: ReturnType<typeof createSigningKeys>;
  readonly issue: ReturnType<typeof createIssueAccessToken>;
  readonly authenticate: Authenticate;
  readonly requireCurrent: RequireCurrent;
  /** Sends a request with this Authorization header through a real endpoint that needs `events:read`, or another's scope. */
  call(
    authorization: string | undefined,
    route?: "query-events" | "ingest-events" | "operator-list-orgs",
  ): Promise<Reply>;
}

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
  readonly control: MemoryControl;
  readonly keys: StoredApiKey[];
  readonly store: { away: boolean; asked: number };
  readonly revoke: ReturnType<typeof createRevoke>;
  makeKey(orgId: string, scopes?: readonly KeyScope[]): Promise<{ readonly key: string; readonly keyId: string }>;
  startInstance(): Instance;
}

/** Runs one at a time, as the blob lease lets it be. */
export function createMemoryLease(): WithLease {
  const held = new Set<string>();
  return async (name, work) => {
    if (held.has(name)) return undefined;
    held.add(name);
    return work(new AbortController().signal).finally(() => held.delete(name));
  };
}

export function createAccessWorld({ cacheMs = 300_000 } = {}): AccessWorld {
  const clock = { now: Date.now() };
  const now = (): number => clock.now;
  const vault = createMemorySecretVault(now);
  const control = createMemoryControl();
  const keys: StoredApiKey[] = [];
  const store = { away: false, asked: 0 };
  const withLease = createMemoryLease();
  const listApiKeys = async (orgId: string): Promise<StoredApiKey[]> => {
    store.asked++;
    if (store.away) throw new Error("the store is away");
    return keys.filter((key) => key.orgId === orgId);
  };
  const listOrgIds = async (): Promise<string[]> => [...new Set(keys.map(({ orgId }) => orgId))];
  const maxLifetimeSeconds = LIFETIME_SECONDS + KEY_GRACE_MS / 1000;
  const owned = ownSecrets({ signingKeyMs: 30 * 86_400_000, receiptKeyMs: 86_400_000, tokenSeconds: LIFETIME_SECONDS });
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return {
    clock,
    vault,
    control,
    keys,
    store,
    revoke: createRevoke(control, { keepMs: (maxLifetimeSeconds + 120) * 1000 }),
    makeKey: async (orgId, scopes = keyScopes) => {
      const { key, keyId, hash } = makeApiKey(orgId);
      keys.push({ orgId, keyId, hash, scopes, createdAt: new Date(now()).toISOString() });
      return { key, keyId };
    },
    startInstance: () => {
      const secrets = createSecretHolder(vault, {
        cacheMs,
        now,
        makeFirst: () => makeFirstVersion({ vault, withLease, cacheMs, now }, owned[SIGNING_KEY_SECRET], logger),
      });
      const signingKeys = createSigningKeys(secrets, now);
      const verifyApiKey = createVerifyApiKey({ listApiKeys, listOrgIds }, { refreshMs: 30_000, now });
      const options = { issuer: ISSUER, audience: AUDIENCE };
      const authenticate = createAuthenticate({
        verifyApiKey,
        verifyAccessToken: createVerifyAccessToken(signingKeys.findVerifier, { ...options, maxLifetimeSeconds, now }),
        verifyOperator: createVerifyOperator({ entra: undefined, keyHash: undefined }),
        revocations: createRevocationWatch(control, {
          pollMs: 10_000,
          waitMs: 50,
          now,
          onSigningKeyRevoked: () => secrets.expire(SIGNING_KEY_SECRET),
        }),
      });
      const requireCurrent = createRequireCurrent(createMemoryIdentityDocuments(), { now });
      const endpoint = createEndpoint({ authenticate, requireCurrent });
      return {
        signingKeys,
        authenticate,
        requireCurrent,
        issue: createIssueAccessToken(signingKeys.findSigner, { ...options, lifetimeSeconds: LIFETIME_SECONDS, now }),
        call: async (authorization, route = "query-events") => {
          const log: LogLine[] = [];
          const context = new InvocationContext({
            functionName: route,
            logHandler: (level, ...args) => void log.push({ level, text: args.map(String).join(" ") }),
          });
          const headers = authorization === undefined ? undefined : { authorization };
          const request = new HttpRequest({
            url: "https://headrace.test/",
            method: "GET",
            ...(headers && { headers }),
          });
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
        },
      };
    },
  };
}
