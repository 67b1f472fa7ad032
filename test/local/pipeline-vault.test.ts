import { join } from "node:path";
import { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLocalCredential } from "../../local/managed-identity/local-credential.ts";
import type { Pipeline } from "../../local/pipeline.ts";
import { startTestPipeline, type TestPipeline } from "../support/start-test-pipeline.ts";

let pipeline: Pipeline;
let end: TestPipeline["end"];

beforeAll(async () => {
  ({ pipeline, end } = await startTestPipeline({ appDir: join(import.meta.dirname, "cli/app") }));
});
afterAll(() => end());

/** A new client each time: no connection or token of the one before. */
function connect(): SecretClient {
  return new SecretClient(pipeline.keyVault.endpoint, createLocalCredential(pipeline.identity), {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
  });
}

test("the vault can be away alone, and comes back with what it had", async () => {
  await connect().setSecret("k", "v");
  await pipeline.kill("key-vault");
  await expect(connect().getSecret("k")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect((await fetch(`${pipeline.baseUrl}/settings/KEY_VAULT_URL`)).status).toBe(200);
  await pipeline.restart("key-vault");
  expect((await connect().getSecret("k")).value).toBe("v");
});

test("so can the identity, which then knows the app again", async () => {
  await pipeline.kill("managed-identity");
  await expect(connect().getSecret("k")).rejects.toThrow("fetch failed");
  await pipeline.restart("managed-identity");
  expect((await connect().getSecret("k")).value).toBe("v");
});

test("the app is told where the vault is, who it is, and whom to trust", async () => {
  const read = async (name: string): Promise<unknown> =>
    ((await (await fetch(`${pipeline.baseUrl}/settings/${name}`)).json()) as { value: unknown }).value;
  expect(await read("KEY_VAULT_URL")).toBe(pipeline.keyVault.endpoint);
  expect(await read("IDENTITY_ENDPOINT")).toBe(pipeline.identity.IDENTITY_ENDPOINT);
  expect(await read("IDENTITY_HEADER")).toBe(pipeline.identity.IDENTITY_HEADER);
  expect(await read("NODE_EXTRA_CA_CERTS")).toBe(join(pipeline.stateDir, "certificate/ca.pem"));
});
