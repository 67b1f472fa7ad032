import { setTimeout as sleep } from "node:timers/promises";
import { SecretClient } from "@azure/keyvault-secrets";
import { createLocalCredential } from "@headrace/emulators/managed-identity/local-credential.ts";
import { type Stack, startStack } from "../../local/launcher/stack.ts";
import { readOperatorKey } from "../../local/launcher/state.ts";
import { createReadSecret } from "../../shared/secrets/create-read-secret.ts";
import { createKeyVaultSecretVault } from "../../shared/secrets/key-vault-secret-vault.ts";
import { createSecretHolder } from "../../shared/secrets/secret-holder.ts";
import { connectProduct } from "../../test/support/connect-product.ts";
import { findSecretsWritten } from "../../test/support/find-secrets.ts";
import { type Load, type LoadReport, startLoad } from "./load.ts";

export interface RotationOptions {
  readonly stateDir: string;
  readonly appDir: string;
  readonly rate: number;
  readonly tokenSeconds: number;
  readonly cacheSeconds: number;
  /** How long Key Vault is away between the rotations: half of it without an answer, half without a connection. */
  readonly awaySeconds: number;
  /** Wait until the replaced versions are gone. Takes the tokens' lifetime and a minute of clock skew. */
  readonly awaitEnd: boolean;
  readonly say: (line: string) => void;
}

export interface RotationReport {
  readonly load: LoadReport;
  /** Moments at which an instance's key set lacked the key of a living token. */
  readonly keySetGaps: number;
  readonly keySetReads: number;
  /** Signing keys whose tokens the load used, in the order of their versions' making. */
  readonly signingKeysUsed: number;
  readonly receiptKeysUsed: number;
  readonly providerValues: readonly string[];
  readonly providerFailures: number;
  /** Of both rotations by two instances each. */
  readonly versions: Readonly<Record<string, number>>;
  /** Signing keys that are still in an instance's key set. */
  readonly keysAtEnd: number;
  /** Secrets that any service wrote into its log. */
  readonly leaks: readonly string[];
}

const PROVIDER = "provider-client-secret";
const OWN = ["token-signing-key", "receipt-key"] as const;

/**
 * Rotates every kind of secret twice, by two instances at once, under a steady load, with Key Vault away in between.
 */
export async function runRotation(options: RotationOptions): Promise<RotationReport> {
  const { stateDir } = options;
  const stack = await startStack({ stateDir, appDir: options.appDir, fresh: true, env: settingsOf(options) });
  const product = connectProduct(stack);
  const baseUrls = [stack.baseUrl, await stack.startSecondHost()];
  const credential = createLocalCredential(stack.identity);
  const client = new SecretClient(stack.keyVault.endpoint, credential, {
    disableChallengeResourceVerification: true,
  });
  const watching = new AbortController();
  try {
    const org = await product.makeOrg();
    await client.setSecret(PROVIDER, "the-first-secret-of-a-provider");
    const load = await startLoad({ baseUrls, apiKey: org.key, rate: options.rate });
    const keySets = watchKeySets(baseUrls, load.livingKeyIds, watching.signal);
    const vault = createKeyVaultSecretVault({ url: stack.keyVault.endpoint, skipChallengeCheck: true }, credential);
    const holder = createSecretHolder(vault, { cacheMs: options.cacheSeconds * 1000 });
    const provider = watchProvider(createReadSecret(holder), watching.signal);
    const { rotateEverything } = createOperator(baseUrls, readOperatorKey(stateDir));
    await rotateTwice({ stack, client, load, rotateEverything }, options);
    const used = { signingKeysUsed: load.seenKeyIds().size, receiptKeysUsed: load.receiptKeys() };
    const report = await load.stop();
    watching.abort();
    const { gaps, reads, last } = await keySets;
    const { values, failures } = await provider;
    return {
      load: report,
      keySetGaps: gaps,
      keySetReads: reads,
      ...used,
      providerValues: values,
      providerFailures: failures,
      versions: await countAllVersions(client),
      keysAtEnd: last,
      leaks: await findSecretsWritten(stateDir, await readValues(client)),
    };
  } finally {
    watching.abort();
    product.close();
    await stack.stop();
  }
}

function settingsOf({ tokenSeconds, cacheSeconds }: RotationOptions): Record<string, string> {
  return {
    HEADRACE_TOKEN_SECONDS: String(tokenSeconds),
    HEADRACE_SECRET_CACHE_SECONDS: String(cacheSeconds),
    HEADRACE_CREDENTIAL_REFRESH_SECONDS: "5",
    HEADRACE_REVOCATION_POLL_SECONDS: "2",
  };
}

interface Rotated {
  readonly stack: Stack;
  readonly client: SecretClient;
  readonly load: Load;
  readonly rotateEverything: () => Promise<void>;
}

async function rotateTwice({ stack, client, load, rotateEverything }: Rotated, options: RotationOptions) {
  const { awaySeconds, cacheSeconds, tokenSeconds } = options;
  const say = (phase: string): void => {
    load.enter(phase);
    options.say(phase);
  };
  await sleep(3_000);
  say("rotating everything, by two instances at once");
  await rotateEverything();
  await client.setSecret(PROVIDER, "the-second-secret-of-a-provider");
  await sleep((2 * cacheSeconds + 1) * 1000);
  say(`Key Vault is away for ${awaySeconds} s`);
  await stack.kill("key-vault", "SIGSTOP");
  await sleep(awaySeconds * 500);
  await stack.kill("key-vault", "SIGCONT");
  await stack.kill("key-vault");
  await sleep(awaySeconds * 500);
  await stack.restart("key-vault");
  say("Key Vault is back");
  // As long as an instance may take to see that it is back.
  await sleep((cacheSeconds + 2) * 1000);
  say("rotating everything again");
  await rotateEverything();
  await client.setSecret(PROVIDER, "the-third-secret-of-a-provider");
  await sleep((3 * cacheSeconds + 2) * 1000);
  if (!options.awaitEnd) return;
  say("waiting until the old keys are gone");
  await sleep((tokenSeconds + 60 + 2 * cacheSeconds + 25) * 1000);
}

function createOperator(baseUrls: readonly string[], key: string) {
  const headers = { authorization: `Bearer ${key}` };
  const call = async (url: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(url, { ...init, headers });
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const signing = async (secret: string): Promise<string> => {
    const { secrets } = (await call(`${baseUrls[0]}/api/v1/operator/state`)) as {
      secrets: { secret: string; versions: { version: string; status: string }[] }[];
    };
    const versions = secrets.find((one) => one.secret === secret)?.versions;
    return versions?.find(({ status }) => status === "signing")?.version ?? "";
  };
  return {
    rotateEverything: async (): Promise<void> => {
      for (const secret of OWN) {
        const body = JSON.stringify({ secret, replaces: await signing(secret) });
        await Promise.all(baseUrls.map((url) => call(`${url}/api/v1/operator/rotate`, { method: "POST", body })));
      }
    },
  };
}

/** Reads every instance's key set again and again: it must have the key of every token that lives. */
async function watchKeySets(baseUrls: readonly string[], livingKeyIds: () => ReadonlySet<string>, signal: AbortSignal) {
  const result = { gaps: 0, reads: 0, last: 0 };
  while (!signal.aborted) {
    for (const url of baseUrls) {
      const living = [...livingKeyIds()];
      const response = await fetch(`${url}/.well-known/jwks.json`).catch(() => undefined);
      const { keys = [] } = response?.ok ? ((await response.json()) as { keys: { kid: string }[] }) : {};
      result.reads++;
      result.last = keys.length;
      if (!living.every((keyId) => keys.some(({ kid }) => kid === keyId))) result.gaps++;
    }
    await sleep(100);
  }
  return result;
}

async function watchProvider(read: (name: string) => Promise<string>, signal: AbortSignal) {
  const values: string[] = [];
  let failures = 0;
  while (!signal.aborted) {
    await read(PROVIDER).then(
      (value) => values.at(-1) !== value && values.push(value),
      () => failures++,
    );
    await sleep(50);
  }
  return { values, failures };
}

/** The values of all versions that still give one. */
async function readValues(client: SecretClient): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const name of [...OWN, PROVIDER]) {
    for await (const { version = "", enabled } of client.listPropertiesOfSecretVersions(name)) {
      if (enabled) values[`${name} ${version}`] = (await client.getSecret(name, { version })).value ?? "";
    }
  }
  return values;
}

async function countAllVersions(client: SecretClient): Promise<Record<string, number>> {
  return Object.fromEntries(
    await Promise.all(OWN.map(async (name) => [name, await countVersions(client, name)] as const)),
  );
}

async function countVersions(client: SecretClient, name: string): Promise<number> {
  let count = 0;
  for await (const _ of client.listPropertiesOfSecretVersions(name)) count++;
  return count;
}
