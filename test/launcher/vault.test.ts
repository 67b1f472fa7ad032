import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SecretClient } from "@azure/keyvault-secrets";
import { createLocalCredential } from "@headrace/emulators/managed-identity/local-credential.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Stack } from "../../local/launcher/stack.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";

let stack: Stack;
let end: TestStack["end"];

beforeAll(async () => {
  ({ stack, end } = await startTestStack({ appDir: join(import.meta.dirname, "../cli/app") }));
});
afterAll(() => end());

/** A new client each time: no connection or token of the one before. */
function connect(): SecretClient {
  return new SecretClient(stack.keyVault.endpoint, createLocalCredential(stack.identity), {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
  });
}

test("the vault can be away alone, and comes back with all its secrets", async () => {
  await connect().setSecret("k", "v");
  await stack.kill("key-vault");
  await expect(connect().getSecret("k")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect((await fetch(`${stack.baseUrl}/settings/KEY_VAULT_URL`)).status).toBe(200);
  await stack.restart("key-vault");
  expect((await connect().getSecret("k")).value).toBe("v");
});

test("the identity can be away alone, and then knows the app again", async () => {
  await stack.kill("managed-identity");
  await expect(connect().getSecret("k")).rejects.toThrow("fetch failed");
  await stack.restart("managed-identity");
  expect((await connect().getSecret("k")).value).toBe("v");
});

test("the app is told where the vault is, its own identity, and which certificate to trust", async () => {
  const read = async (name: string): Promise<unknown> =>
    ((await (await fetch(`${stack.baseUrl}/settings/${name}`)).json()) as { value: unknown }).value;
  expect(await read("KEY_VAULT_URL")).toBe(stack.keyVault.endpoint);
  expect(await read("IDENTITY_ENDPOINT")).toBe(stack.identity.IDENTITY_ENDPOINT);
  expect(await read("IDENTITY_HEADER")).toBe(stack.identity.IDENTITY_HEADER);
  expect(await read("NODE_EXTRA_CA_CERTS")).toBe(join(stack.stateDir, "certificate/ca.pem"));
});

test("its files are readable by their owner only", async () => {
  const modeOf = async (path: string): Promise<string> =>
    ((await stat(join(stack.stateDir, path))).mode & 0o777).toString(8);
  const folders = ["", "azurite", "certificate", "cosmos", "event-hubs", "key-vault", "logs", "managed-identity"];
  for (const folder of folders) expect([folder, await modeOf(folder)]).toEqual([folder, "700"]);
  const files = [
    ...["running.json", "operator-key", "openid-client-secret"],
    ...["certificate/localhost-key.pem", "managed-identity/signing-key.json", "key-vault/key-vault.sqlite"],
  ];
  for (const file of files) expect([file, await modeOf(file)]).toEqual([file, "600"]);
});

test("no secret is on a command line, where everyone on the machine could read it", async () => {
  const read = (file: string): Promise<string> => readFile(join(stack.stateDir, file), "utf8");
  const secrets = {
    "the operator's key": await read("operator-key"),
    "the client secret": await read("openid-client-secret"),
    "the key of tokens": (JSON.parse(await read("managed-identity/signing-key.json")) as { d: string }).d,
    "the identity's header": stack.identity.IDENTITY_HEADER,
  };
  const pids = Object.values(stack.pids()).join();
  const { stdout } = await promisify(execFile)("ps", ["-ww", "-o", "args=", "-p", pids]);
  expect(stdout.trim().split("\n")).toHaveLength(Object.keys(stack.pids()).length);
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length).toBeGreaterThan(30);
    expect([name, stdout.includes(secret)]).toEqual([name, false]);
  }
});
