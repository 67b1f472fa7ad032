import { SecretClient, type SecretProperties } from "@azure/keyvault-secrets";
import { BlobServiceClient } from "@azure/storage-blob";
import { createLocalCredential } from "@headrace/emulators/managed-identity/local-credential.ts";
import { expect, it, onTestFinished } from "vitest";
import type { Stack } from "../../local/launcher/stack.ts";
import { readOperatorKey } from "../../local/launcher/state.ts";
import { blobContainers } from "../../shared/store/resources.ts";
import { connectProduct } from "../support/connect-product.ts";
import { startTestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

const CACHE_SECONDS = 2;
/** A lease whose holder was killed ends by itself after this. */
const LEASE_MS = 30_000;

function connectVault({ keyVault, identity }: Stack): SecretClient {
  return new SecretClient(keyVault.endpoint, createLocalCredential(identity), {
    disableChallengeResourceVerification: true,
  });
}

async function startProduct() {
  const env = { HEADRACE_SECRET_CACHE_SECONDS: String(CACHE_SECONDS) };
  const { stack, product, end } = await startTestStack({ env, clock: true });
  onTestFinished(end);
  const org = await product.makeOrg();
  const exchange = () => {
    const body = new URLSearchParams({ grant_type: "client_credentials", client_secret: org.key });
    return product.request("/api/v1/auth/token", { method: "POST", body });
  };
  return { stack, product, org, exchange };
}

it("no request waits for a Key Vault that hangs, long past the cache lifetime", async () => {
  const { stack, product, org, exchange } = await startProduct();
  const receipt = String((await org.post({ event_type: "t" })).body.receipt_id);
  await exchange();
  const asks = [
    () => org.post({ event_type: "t" }),
    () => org.get(`/api/v1/receipts/${receipt}`),
    exchange,
    () => product.request("/.well-known/jwks.json"),
  ];
  let slowestMs = 0;
  const askAll = async (): Promise<void> => {
    const statuses: number[] = [];
    for (const ask of asks) {
      const started = performance.now();
      statuses.push((await ask()).status);
      slowestMs = Math.max(slowestMs, performance.now() - started);
    }
    expect(statuses).toEqual([202, 200, 200, 200]);
  };
  for (let i = 0; i < 10; i++) await askAll();
  const usualMs = slowestMs;
  await stack.kill("key-vault", "SIGSTOP");
  const begun = performance.now();
  // Longer than the vault's own deadline of 10 seconds, which goes by no clock that can be set. Then it is asked again,
  // and hangs again.
  while (performance.now() - begun < 12_000) await askAll();
  await stack.kill("key-vault", "SIGCONT");
  // Waiting for the vault takes 2 seconds; on a busy machine all else may take long, too.
  expect(slowestMs).toBeLessThan(Math.max(1_800, 3 * usualMs));
});

it("an instance that starts while Key Vault hangs answers 503 with the time to retry, and works as soon as the vault does", async () => {
  const { stack, product, org, exchange } = await startProduct();
  await org.post({ event_type: "t" });
  await stack.kill("key-vault", "SIGSTOP");
  await stack.kill("functions-host");
  await stack.restart("functions-host");
  const begun = performance.now();
  const refused = await Promise.all([
    org.post({ event_type: "t" }),
    exchange(),
    product.request("/.well-known/jwks.json"),
  ]);
  expect(performance.now() - begun).toBeLessThan(9_000);
  const again = performance.now();
  refused.push(...(await Promise.all([org.post({ event_type: "t" }), exchange()])));
  expect(performance.now() - again).toBeLessThan(1_500);
  for (const { status, headers } of refused)
    expect([status, Number(headers.get("retry-after"))]).toEqual([503, expect.toSatisfy((wait) => wait >= 1)]);
  await stack.kill("key-vault", "SIGCONT");
  // The answers that hang arrive one by one: each secret works when its own has come.
  const works = (ask: () => Promise<{ readonly status: number }>): Promise<true> =>
    until(async () => {
      const { status } = await ask();
      expect([200, 202, 503]).toContain(status);
      return status === 503 ? undefined : true;
    });
  await Promise.all([works(() => org.post({ event_type: "t" })), works(exchange)]);
});

it("a key that the operator deleted serves until they recover it; an instance that starts meanwhile answers 503", async () => {
  const { stack, product, org } = await startProduct();
  const client = connectVault(stack);
  const receipt = String((await org.post({ event_type: "t" })).body.receipt_id);
  await (await client.beginDeleteSecret("receipt-key")).pollUntilDone();
  await stack.clock?.advance(2 * CACHE_SECONDS * 1000);
  expect((await org.post({ event_type: "t" })).status).toBe(202);
  expect((await org.get(`/api/v1/receipts/${receipt}`)).status).toBe(200);
  await stack.kill("functions-host");
  await stack.restart("functions-host");
  const refused = await org.post({ event_type: "t" });
  expect([refused.status, refused.body.code]).toEqual([503, "secrets_unavailable"]);
  expect((await product.request("/api/health/ready")).status).toBe(503);
  await (await client.beginRecoverDeletedSecret("receipt-key")).pollUntilDone();
  await until(async () => ((await org.get(`/api/v1/receipts/${receipt}`)).status === 200 ? true : undefined));
  expect((await org.post({ event_type: "t" })).status).toBe(202);
});

it("a rotation whose instance was killed in the middle, holding the lease, is done once by the next", async () => {
  const { stack, exchange } = await startProduct();
  await exchange();
  const client = connectVault(stack);
  const list = async (): Promise<SecretProperties[]> => {
    const versions: SecretProperties[] = [];
    for await (const version of client.listPropertiesOfSecretVersions("token-signing-key")) versions.push(version);
    return versions;
  };
  const [first] = await list();
  const second = await stack.startSecondHost();
  const rotate = (baseUrl: string): Promise<number> =>
    fetch(`${baseUrl}/api/v1/operator/rotate`, {
      method: "POST",
      headers: { authorization: `Bearer ${readOperatorKey(stack.stateDir)}` },
      body: JSON.stringify({ secret: "token-signing-key", replaces: first?.version }),
    }).then(({ status }) => status);
  expect((await fetch(`${second}/.well-known/jwks.json`)).status).toBe(200);
  await stack.kill("key-vault", "SIGSTOP");
  const cutOff = rotate(second).catch(() => "killed");
  const storage = BlobServiceClient.fromConnectionString(stack.storage.connectionString ?? "");
  const isLeased = async (): Promise<boolean> => {
    for await (const { properties } of storage.getContainerClient(blobContainers.leases).listBlobsFlat())
      if (properties.leaseState === "leased") return true;
    return false;
  };
  await until(async () => ((await isLeased()) ? true : undefined));
  await stack.kill("second-host");
  await stack.kill("key-vault", "SIGCONT");
  expect(await cutOff).toBe("killed");
  // The dead instance still has the lease.
  expect(await rotate(stack.baseUrl)).toBe(503);
  await stack.clock?.advance(LEASE_MS);
  await until(async () => ((await rotate(stack.baseUrl)) === 200 ? true : undefined));
  expect(await list()).toHaveLength(2);
  expect((await exchange()).status).toBe(200);
});

it("two instances that start at the same moment on an empty vault make one key of each kind", async () => {
  const { stack, product, org } = await startProduct();
  const client = connectVault(stack);
  const names = ["token-signing-key", "receipt-key"];
  await stack.kill("functions-host");
  for await (const { name } of client.listPropertiesOfSecrets()) {
    if (!names.includes(name)) continue;
    await (await client.beginDeleteSecret(name)).pollUntilDone();
    await client.purgeDeletedSecret(name);
  }
  const [, second] = await Promise.all([stack.restart("functions-host"), stack.startSecondHost()]);
  const other = connectProduct({ ...stack, baseUrl: second });
  onTestFinished(() => other.close());
  const both = [product, other];
  const body = () => new URLSearchParams({ grant_type: "client_credentials", client_secret: org.key });
  const answers = await Promise.all(
    both.flatMap((instance) => [
      // While the keys are made elsewhere, an instance on a busy machine asks to be asked again.
      until(async () => {
        const answer = await instance.request("/api/v1/auth/token", { method: "POST", body: body() });
        return answer.status === 503 ? undefined : answer;
      }),
      instance.withKey(org.orgId, org).post({ event_type: "t" }),
    ]),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 202, 200, 202]);
  for (const name of names) {
    let versions = 0;
    for await (const _ of client.listPropertiesOfSecretVersions(name)) versions++;
    expect([name, versions]).toEqual([name, 1]);
  }
  for (const [index, instance] of [other, product].entries()) {
    const headers = { authorization: `Bearer ${String(answers[2 * index]?.body.access_token)}` };
    expect((await instance.request("/api/v1/events", { headers })).status).toBe(200);
    const receipt = String(answers[2 * index + 1]?.body.receipt_id);
    expect((await instance.withKey(org.orgId, org).get(`/api/v1/receipts/${receipt}`)).status).toBe(200);
  }
});
