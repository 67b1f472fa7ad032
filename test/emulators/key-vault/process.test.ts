import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { createFaultSource } from "../../../local/launcher/faults/fault-source.ts";
import { createKeyVaultGate } from "../../../local/launcher/faults/key-vault-gate.ts";
import type { FaultProfile } from "../../../local/launcher/faults/profiles.ts";
import { until } from "../../support/until.ts";
import { createClient, findSurroundings, listAll, makeFolder, startWorld } from "./support.ts";

const MAIN = join(import.meta.dirname, "../../../local/launcher/services/key-vault.ts");

async function run(...flags: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** The emulator as a process of its own, and a client of it. */
async function start(dataDir: string, ...flags: readonly string[]) {
  const { certificate, keys } = await findSurroundings();
  const files = ["--cert", certificate.cert, "--key", certificate.key, "--token-keys", keys.verifying];
  const child = await run("--port", "0", "--data", dataDir, ...files, ...flags);
  const output = child.stdout;
  if (!output) throw new Error("It has no stdout.");
  const [line] = await once(createInterface(output), "line");
  const { endpoint } = JSON.parse(String(line)) as { endpoint: string };
  const end = async (signal: NodeJS.Signals): Promise<unknown> => {
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child.exitCode;
  };
  return { client: createClient(endpoint), end };
}

test("acknowledged writes are there after the process was killed", async () => {
  const dataDir = join(await makeFolder(), "vault");
  const first = await start(dataDir);
  const acknowledged: [name: string, version: string, value: string][] = [];
  let stop = false;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; !stop; i++) {
      const [name, value] = [`w${writer}-${i % 5}`, `value ${i}`];
      const { properties } = await first.client.setSecret(name, value);
      acknowledged.push([name, properties.version ?? "", value]);
    }
  });
  const settled = Promise.allSettled(writers);
  await until(async () => (acknowledged.length >= 60 ? true : undefined));
  await (await first.client.beginDeleteSecret("w0-0")).pollUntilDone();
  const known = acknowledged.filter(([name]) => name !== "w0-0");
  await first.end("SIGKILL");
  stop = true;
  await settled;

  expect(known.length).toBeGreaterThan(40);
  const second = await start(dataDir);
  for (const [name, version, value] of known) {
    expect((await second.client.getSecret(name, { version })).value).toBe(value);
  }
  expect((await second.client.getDeletedSecret("w0-0")).name).toBe("w0-0");
  expect(await second.end("SIGTERM")).toBe(0);

  const fresh = await start(dataDir, "--fresh");
  expect(await listAll(fresh.client.listPropertiesOfSecrets())).toEqual([]);
  expect(await fresh.end("SIGINT")).toBe(0);
});

test("secrets, private keys and the vault's files are readable by their owner only", async () => {
  const dataDir = join(await makeFolder(), "vault");
  const { certificate, keys } = await findSurroundings();
  const { client } = await start(dataDir);
  await client.setSecret("k", "v");
  const modes = [
    dataDir,
    join(dataDir, "key-vault.sqlite"),
    join(dataDir, "key-vault.sqlite-wal"),
    certificate.key,
    keys.signing,
  ];
  const found = await Promise.all(modes.map(async (path) => ((await stat(path)).mode & 0o777).toString(8)));
  expect(found).toEqual(["700", "600", "600", "600", "600"]);
});

test("a folder has one emulator at a time", async () => {
  const dataDir = await makeFolder();
  await start(dataDir);
  const { certificate, keys } = await findSurroundings();
  const files = ["--cert", certificate.cert, "--key", certificate.key, "--token-keys", keys.verifying];
  expect(await runToEnd("--port", "0", "--data", dataDir, ...files)).toMatchObject({
    code: 1,
    error: expect.stringContaining("locked"),
  });
});

async function runToEnd(...flags: readonly string[]): Promise<{ code: unknown; error: string }> {
  const child = await run(...flags);
  let error = "";
  child.stderr?.on("data", (chunk) => {
    error += String(chunk);
  });
  const [code] = await once(child, "close");
  return { code, error };
}

test.each([
  [["--port", "0"], "--data"],
  [["--data", "x", "--cert", "x", "--key", "x", "--token-keys", "x", "--port", "many"], "--port"],
  [["--colour"], "--colour"],
])("%j is refused and named", async (flags, named) => {
  const { code, error } = await runToEnd(...flags);
  expect(code).toBe(1);
  expect(error).toContain(named);
});

/** A vault that always fails in one way, and a client that tries once. */
async function startFaulty(profile: FaultProfile, retries = 0) {
  const source = createFaultSource(1, profile);
  const { endpoint } = await startWorld({ gate: createKeyVaultGate(source) });
  return { source, client: createClient(endpoint, retries) };
}

test.each([
  ["unavailable", { statusCode: 503 }],
  ["throttled", { statusCode: 429, code: "Throttled" }],
  ["dropped", { code: "ECONNRESET" }],
] as const)("a vault that is %s says so", async (kind, expected) => {
  const { client } = await startFaulty({ [kind]: 1 });
  await expect(client.getSecret("k")).rejects.toMatchObject(expected);
});

test("a set whose answer is lost has made a version, and the retry makes another", async () => {
  const { source, client } = await startFaulty({ "lost-answer": 1 });
  await expect(client.setSecret("k", "v")).rejects.toMatchObject({ code: "ECONNRESET" });
  source.set({});
  await client.setSecret("k", "v");
  expect(await listAll(client.listPropertiesOfSecretVersions("k"))).toHaveLength(2);
});
