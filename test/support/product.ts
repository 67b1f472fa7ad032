import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { readConfig } from "../../shared/config.ts";
import { createCosmosIdentityStore } from "../../shared/identity/cosmos-identity-store.ts";
import { createApiKey, createOrg } from "../../shared/identity/create-org.ts";
import type { Scope } from "../../shared/identity/principal.ts";
import { connectCosmos } from "../../shared/store/cosmos.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** The running product, as a client and as an operator see it. */
export const product = inject("product");
export const config = readConfig(product.env);
export const cosmos = connectCosmos(config.cosmos, () => {
  throw new Error("the local product has keys");
});
export const identityStore = createCosmosIdentityStore(cosmos.containers.identity);

export async function request(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${product.baseUrl}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : (JSON.parse(text) as Json) };
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

export async function makeOrg(scopes?: readonly Scope[]): Promise<TestOrg> {
  const { org } = await createOrg(identityStore, `test-${randomBytes(6).toString("hex")}`);
  return withKey(org.orgId, await createApiKey(identityStore, org.orgId, scopes));
}

export function withKey(orgId: string, { key, keyId }: { key: string; keyId: string }): TestOrg {
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
      until(async () => {
        const { status, body } = await get(`/api/v1/receipts/${String(receiptId)}`);
        if (status !== 200) throw new Error(`receipt answered ${status}: ${JSON.stringify(body)}`);
        return body.status === "settled" ? body : undefined;
      }),
  };
}

/** Polls until `ask` gives something; throws when it has not within `ms`. */
export async function until<T>(ask: () => Promise<T | undefined>, ms = 20_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
