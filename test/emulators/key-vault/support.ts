import { rmSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import { type SecretClient as Client, SecretClient } from "@azure/keyvault-secrets";
import { importJWK, type JWK, SignJWT } from "jose";
import { onTestFinished } from "vitest";
import { type KeyVaultOptions, startKeyVaultEmulator } from "../../../local/emulators/key-vault/server.ts";
import { type CertificateFiles, ensureCertificate } from "../../../local/emulators/kit/certificate/certificate.ts";
import { trustCertificate } from "../../../local/emulators/kit/certificate/trust.ts";
import { localIdentity, localIssuer } from "../../../local/emulators/managed-identity/identity.ts";
import { startManagedIdentity } from "../../../local/emulators/managed-identity/server.ts";
import { ensureTokenKeys, type TokenKeyFiles } from "../../../local/emulators/managed-identity/token-keys.ts";
import { readIdentityEndpoint } from "../../../shared/config.ts";
import { createCredential } from "../../../shared/store/credential.ts";
import { silent } from "../../../shared/telemetry/log.ts";

export const HEADER = "the header of this test";
export const VAULT = "https://vault.azure.net";

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "headrace-vault-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Surroundings {
  readonly folder: string;
  readonly certificate: CertificateFiles;
  readonly keys: TokenKeyFiles;
  readonly identityEndpoint: string;
}

let surroundings: Promise<Surroundings> | undefined;

/**
 * A certificate that this process trusts, token keys, and a managed identity endpoint that the Azure SDKs find. One for
 * all tests of a file, because @azure/identity keeps tokens for the life of the process. They live for a year, so that
 * tests may move the clock.
 */
export function findSurroundings(): Promise<Surroundings> {
  surroundings ??= makeSurroundings();
  return surroundings;
}

async function makeSurroundings(): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), "headrace-vault-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const certificate = await ensureCertificate(join(folder, "certificate"));
  trustCertificate(certificate.ca);
  const keys = await ensureTokenKeys(join(folder, "managed-identity"));
  const identity = await startManagedIdentity({ port: 0, keys, header: HEADER, lifetimeSeconds: 365 * 86_400 });
  process.env.IDENTITY_ENDPOINT = identity.endpoint;
  process.env.IDENTITY_HEADER = HEADER;
  return { folder, certificate, keys, identityEndpoint: identity.endpoint };
}

/** The SDK's client with the credential of a deployed app. No retries: a test wants the first answer. */
export function createClient(endpoint: string, retries = 0): Client {
  return new SecretClient(endpoint, new ManagedIdentityCredential(), {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: retries, retryDelayInMs: 20, maxRetryDelayInMs: 100 },
  });
}

/** The product's credential. */
export function createTestCredential(): TokenCredential {
  return createCredential({ clientId: undefined, readEndpoint: readIdentityEndpoint, log: silent });
}

export interface World extends Surroundings {
  readonly endpoint: string;
  readonly client: Client;
  /** Milliseconds since 1970; the time that the emulator takes for now. */
  readonly clock: { now: number };
}

export async function startWorld(options: Partial<KeyVaultOptions> = {}): Promise<World> {
  const found = await findSurroundings();
  const clock = { now: Date.now() };
  const { certificate, keys } = found;
  const vault = await startKeyVaultEmulator({
    port: 0,
    dataDir: ":memory:",
    certificate,
    tokenKeys: keys.verifying,
    now: () => clock.now,
    ...options,
  });
  onTestFinished(() => vault.close());
  return { ...found, endpoint: vault.endpoint, client: createClient(vault.endpoint), clock };
}

/** A token as the managed identity issues it, except for a test's changes. */
export async function forgeToken(
  keys: TokenKeyFiles,
  changes: Record<string, unknown>,
  foreign?: JWK,
): Promise<string> {
  const jwk = JSON.parse(await readFile(keys.signing, "utf8")) as JWK & { kid: string };
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: localIssuer,
    sub: localIdentity.principalId,
    aud: VAULT,
    iat: now - 300,
    nbf: now - 300,
    exp: now + 600,
  };
  return new SignJWT({ ...claims, ...changes })
    .setProtectedHeader({ alg: "ES256", kid: jwk.kid })
    .sign(await importJWK(foreign ?? jwk, "ES256"));
}

export async function listAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
