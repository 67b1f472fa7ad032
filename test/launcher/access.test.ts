import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { EventHubProducerClient } from "@azure/event-hubs";
import { EMULATOR_KEY } from "@headrace/emulators/cosmos/server.ts";
import { createLocalCredential } from "@headrace/emulators/managed-identity/local-credential.ts";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { accesses } from "../../local/launcher/access.ts";
import { storageConnectionString } from "../../local/launcher/azurite/account.ts";
import { type Stack, startStack } from "../../local/launcher/stack.ts";
import { runCommandToEnd } from "../cli/support.ts";
import { forgeToken } from "../emulators/key-vault/support.ts";
import type { RunningProduct } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";

/** Every key that an emulator is known by, and every mark of a connection string. */
const secrets = [
  EMULATOR_KEY,
  /AccountKey=([^;]+)/.exec(storageConnectionString({ blob: 0, queue: 0 }))?.[1] ?? "",
  "SAS_KEY_VALUE",
  "AccountKey=",
  "SharedAccessKey",
  "SharedAccessSignature",
];

describe.each(accesses)("with %s", (access) => {
  let stack: Stack;
  let product: RunningProduct;
  let end: TestStack["end"];

  beforeAll(async () => {
    ({ stack, product, end } = await startTestStack({ access }));
  });
  afterAll(() => end());

  /** Events all the way: accepted, settled, read back. */
  async function driveEvents(): Promise<void> {
    const org = await product.makeOrg();
    const events = Array.from({ length: 200 }, (_, i) => ({
      event_id: `e${i}`,
      event_type: "seen",
      properties: { n: i },
    }));
    const { status, body } = await org.post(events);
    expect([status, body.accepted]).toEqual([202, 200]);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 200, duplicate: 0, quarantined: 0 });
    expect((await org.get("/api/v1/events/e137")).body).toMatchObject({ event: { event_id: "e137" } });
    expect((await org.get("/api/v1/ledger")).body).toMatchObject({ pipeline: { envelopes_to_dispatch: 0 } });
  }

  test("events are accepted, stored and read back, a large claim check among them", async () => {
    await driveEvents();
    const org = await product.makeOrg();
    const noise = (): string => Array.from({ length: 5_000 }, () => Math.random().toString(36).slice(2)).join("");
    const large = Array.from({ length: 30 }, (_, i) => ({
      event_id: `l${i}`,
      event_type: "large",
      properties: { noise: noise() },
    }));
    const { status, body } = await org.post(large);
    expect([status, body.accepted]).toEqual([202, 30]);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 30 });
    expect((await product.request("/api/health/ready")).body).toMatchObject({ status: "ready" });
  });

  test("commands beside the product reach it", async () => {
    const made = await runCommandToEnd("org", ["create", "beside", "--state", stack.stateDir]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const file = join(stack.stateDir, "three.ndjson");
    writeFileSync(file, '{"event_type":"a","org":"x"}\n{"event_type":"b","org":"y"}\n{"event_type":"c","org":"x"}\n');
    const sent = await runCommandToEnd("send", [file, "--org-field", "org", "--state", stack.stateDir]);
    expect([sent.code, sent.stderr]).toEqual([0, expect.any(String)]);
    const proven = await runCommandToEnd("account", ["--state", stack.stateDir]);
    expect([proven.code, proven.stdout]).toEqual([0, expect.stringContaining("Every envelope has its account")]);
  });

  test("the function app and its services hold connection strings only if that was asked for", async () => {
    const pids = stack.pids();
    const environment = await readEnvironment(pids["functions-host"]);
    const names = ["AzureWebJobsStorage", "EventHubConnection", "COSMOS_KEY"].filter((name) => environment.has(name));
    // Whatever the access, neither the product's secrets in Key Vault nor those kept from it are in its settings.
    const kept = ["operator-key", "openid-client-secret"].map((file) =>
      readFileSync(join(stack.stateDir, file), "utf8"),
    );
    const { d } = JSON.parse(readFileSync(join(stack.stateDir, "managed-identity/signing-key.json"), "utf8")) as JWK;
    const told = [...kept, d ?? "none"].filter((secret) => [...environment.values()].some((v) => v.includes(secret)));
    expect(told).toEqual([]);
    const held = secrets.filter((secret) => [...environment.values()].some((value) => value.includes(secret)));
    if (access === "connection-strings") {
      expect(names).toHaveLength(3);
      expect(held.length).toBeGreaterThan(3);
      return;
    }
    expect([names, held]).toEqual([[], []]);
    for (const pid of Object.values(pids)) {
      const text = [...(await readEnvironment(pid)).values()].join("\n");
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
    expect(findInFiles(stack.stateDir)).toEqual([]);
  });

  if (access === "managed-identity") {
    test("nobody else gets in: each service refuses anything that is not a good token", async () => {
      const bad = await makeBadTokens(stack.stateDir);
      for (const [service, ask] of Object.entries(askers(stack))) {
        const good = await goodToken(stack, service);
        expect([service, await ask(good)]).toEqual([service, "accepted"]);
        for (const [what, make] of Object.entries(bad)) {
          expect([service, what, await ask(await make(resources[service] ?? ""))]).toEqual([service, what, "refused"]);
        }
      }
    });
  }

  test("the identity may be away: the product has its tokens for a day", async () => {
    await stack.kill("managed-identity");
    await driveEvents();
    await stack.restart("managed-identity");
    await stack.restart("functions-host");
    await driveEvents();
  });
});

/** The audience of each service's tokens; that of Cosmos DB is its own endpoint. */
const resources: Record<string, string> = {
  "key-vault": "https://vault.azure.net",
  "event-hubs": "https://eventhubs.azure.net/",
  blob: "https://storage.azure.com",
  queue: "https://storage.azure.com",
};

async function goodToken({ identity, cosmos }: Stack, service: string): Promise<string> {
  resources.cosmos = cosmos.endpoint;
  const found = await createLocalCredential(identity).getToken(`${resources[service]}/.default`);
  return found?.token ?? "";
}

type MakeToken = (resource: string) => Promise<string>;

async function makeBadTokens(stateDir: string): Promise<Record<string, MakeToken>> {
  const folder = join(stateDir, "managed-identity");
  const keys = { signing: join(folder, "signing-key.json"), verifying: join(folder, "token-keys.json") };
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const foreign: JWK = await exportJWK(privateKey);
  return {
    none: async () => "",
    nonsense: async () => "nonsense",
    "for another service": () => forgeToken(keys, { aud: "https://graph.microsoft.com" }),
    forged: (aud) => forgeToken(keys, { aud }, foreign),
    expired: (aud) => forgeToken(keys, { aud, exp: Math.floor(Date.now() / 1000) - 5 }),
    "of another issuer": (aud) => forgeToken(keys, { aud, iss: "https://sts.windows.net/other/" }),
  };
}

type Ask = (token: string) => Promise<string>;

/** A harmless request to each service with the test's own token. */
function askers({ cosmos, keyVault, storage, eventHubs }: Stack): Record<string, Ask> {
  const date = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2024-11-04" };
  const get = async (url: string, headers: Record<string, string>): Promise<string> => {
    const { status } = await fetch(url, { headers: { ...date, ...headers } });
    return status === 200 ? "accepted" : status === 401 || status === 403 ? "refused" : String(status);
  };
  const bearer = (token: string): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {});
  return {
    cosmos: (token) => {
      const authorization = encodeURIComponent(`type=aad&ver=1.0&sig=${token}`);
      return get(`${cosmos.endpoint}/dbs/headrace`, token ? { authorization } : {});
    },
    "key-vault": (token) => get(`${keyVault.endpoint}/secrets?api-version=7.6`, bearer(token)),
    blob: (token) => get(`${storage.blobEndpoint}/devstoreaccount1?comp=list`, bearer(token)),
    queue: (token) => get(`${storage.queueEndpoint}/devstoreaccount1?comp=list`, bearer(token)),
    "event-hubs": (token) => askEventHubs(eventHubs.endpoint, token),
  };
}

async function askEventHubs(endpoint: string, token: string): Promise<string> {
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const retryOptions = { maxRetries: 0, timeoutInMs: 10_000 };
  const producer = new EventHubProducerClient(new URL(endpoint).host, "events", credential, { retryOptions });
  onTestFinished(() => producer.close());
  return producer.getPartitionIds().then(
    () => "accepted",
    (error: { code?: string }) => (error.code === "UnauthorizedError" ? "refused" : String(error)),
  );
}

/** The environment that a process was started with, from the kernel. */
async function readEnvironment(pid: number): Promise<Map<string, string>> {
  const text =
    process.platform === "linux"
      ? readFileSync(`/proc/${pid}/environ`, "utf8")
      : (await promisify(execFile)("ps", ["eww", "-o", "command=", "-p", String(pid)])).stdout.replaceAll(" ", "\0");
  const entries = text.split("\0").filter((entry) => entry.includes("="));
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

/** Files of a folder that hold any of the secrets. */
function findInFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const content = readFileSync(path);
      return secrets.some((secret) => content.includes(secret));
    });
}

test("faults are refused with managed identity, and the error says the way out", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "headrace-access-"));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const start = startStack({ stateDir, access: "managed-identity", chaos: { profile: "mild" } });
  await expect(start).rejects.toThrow("Faults need connection strings");
});
