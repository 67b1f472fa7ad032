import { accessOf } from "../../local/launcher/product-access.ts";
import { createCosmosIdentityDocuments } from "../../shared/access/documents/cosmos-identity-documents.ts";
import type { IdentityDocuments } from "../../shared/access/documents/identity-documents.ts";
import { type Config, readConfig } from "../../shared/config.ts";
import type { KeyScope } from "../../shared/identity/roles.ts";
import type { KeyRing } from "../../shared/receipt/key-ring.ts";
import { createKeyRings } from "../../shared/secrets/key-rings.ts";
import { createKeyVaultSecretVault } from "../../shared/secrets/key-vault-secret-vault.ts";
import { createSecretHolder } from "../../shared/secrets/secret-holder.ts";
import { type Cosmos, connectCosmos } from "../../shared/store/cosmos.ts";
import { createTestIdentity, type TestIdentity } from "./test-identity.ts";
import { until } from "./until.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface TestOrg {
  readonly orgId: string;
  readonly key: string;
  readonly keyId: string;
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Polls the receipt until it is settled. */
  settled(receiptId: unknown): Promise<Json>;
}

/** A running product, as a client and as an operator see it. */
export interface RunningProduct {
  readonly config: Config;
  readonly cosmos: Cosmos;
  readonly documents: IdentityDocuments;
  readonly identity: TestIdentity;
  request(path: string, init?: RequestInit): Promise<Answer>;
  makeOrg(scopes?: readonly KeyScope[]): Promise<TestOrg>;
  withKey(orgId: string, key: { readonly key: string; readonly keyId: string }): TestOrg;
  /** The keys that sign receipts, from the product's vault. */
  readReceiptKeys(): Promise<KeyRing>;
  close(): void;
}

/** Where a product runs, and its settings. */
interface Where {
  readonly baseUrl: string;
  readonly env: Readonly<Record<string, string>>;
}

export function connectProduct({ baseUrl, env }: Where): RunningProduct {
  const config = readConfig(env);
  const cosmos = connectCosmos(config.cosmos, accessOf(env).credential);
  const documents = createCosmosIdentityDocuments(cosmos.containers.identity);
  const identity = createTestIdentity(documents);

  const request: RunningProduct["request"] = (path, init) => readAnswer(`${baseUrl}${path}`, init);

  const withKey: RunningProduct["withKey"] = (orgId, { key, keyId }) => {
    const authorization = `Bearer ${key}`;
    const get = (path: string): Promise<Answer> => request(path, { headers: { authorization } });
    return {
      orgId,
      key,
      keyId,
      get,
      post: (body, headers = {}) =>
        request("/api/v1/events", {
          method: "POST",
          headers: { authorization, ...headers },
          body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
        }),
      settled: (receiptId) =>
        until(async () => readSettled(await get(`/api/v1/receipts/${String(receiptId)}`)), 40_000),
    };
  };

  return {
    config,
    cosmos,
    documents,
    identity,
    request,
    withKey,
    makeOrg: async (scopes) => {
      const orgId = await identity.makeOrg();
      return withKey(orgId, await identity.makeApiKey(orgId, scopes));
    },
    readReceiptKeys: () => {
      const vault = createKeyVaultSecretVault(config.keyVault, accessOf(env).credential());
      return createKeyRings(createSecretHolder(vault, { cacheMs: config.secretCacheMs })).current();
    },
    close: () => cosmos.close(),
  };
}

async function readAnswer(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : (JSON.parse(text) as Json) };
}

/** A settled receipt. While a store is away, nothing can be said; any other answer is wrong. */
function readSettled({ status, body }: Answer): Json | undefined {
  if (status !== 200 && status !== 503) throw new Error(`receipt answered ${status}: ${JSON.stringify(body)}`);
  return body.status === "settled" ? body : undefined;
}
