import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CosmosClient } from "@azure/cosmos";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { hierarchical } from "./support.ts";

const MAIN = new URL("../../../local/launcher/services/cosmos.ts", import.meta.url).pathname;
let folder: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cosmos-"));
});
afterEach(async () => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** The emulator as a process of its own, and a client of it. */
async function start(...flags: string[]) {
  const child = spawn(process.execPath, [MAIN, "--port", "0", "--data", folder, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const [line] = await once(createInterface(child.stdout), "line");
  const ready = JSON.parse(String(line)) as { ready: true; endpoint: string; key: string };
  const client = new CosmosClient({ endpoint: ready.endpoint, key: ready.key });
  const container = client.database("d").container("c");
  const end = async (signal: NodeJS.Signals): Promise<unknown> => {
    client.dispose();
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child.exitCode;
  };
  return { ready, client, container, end };
}

async function createContainer(client: CosmosClient) {
  const { database } = await client.databases.create({ id: "d" });
  await database.containers.create({ id: "c", partitionKey: hierarchical("/org_id", "/id") });
}

test("acknowledged writes are there after the process was killed", async () => {
  const first = await start();
  await createContainer(first.client);
  const acknowledged: string[] = [];
  let stop = false;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; !stop; i++) {
      const id = `${writer}-${i}`;
      await first.container.items.create({ id, org_id: "o" });
      acknowledged.push(id);
    }
  });
  const settled = Promise.allSettled(writers);
  await until(async () => (acknowledged.length >= 300 ? true : undefined));
  const known = [...acknowledged];
  await first.end("SIGKILL");
  stop = true;
  await settled;

  const second = await start("--partition-ranges", "2");
  const { resources } = await second.container.items
    .query<string>("SELECT VALUE c.id FROM c", { maxItemCount: 5000 })
    .fetchAll();
  expect(resources).toEqual(expect.arrayContaining(known));
  // Written in a world of three ranges, found in one of two.
  expect((await second.container.item(known[0] ?? "", ["o", known[0] ?? ""]).read()).statusCode).toBe(200);
  expect(await second.end("SIGTERM")).toBe(0);

  const fresh = await start("--fresh");
  expect((await fresh.client.databases.readAll().fetchAll()).resources).toEqual([]);
  expect(await fresh.end("SIGINT")).toBe(0);
});

test("a folder has one emulator at a time", async () => {
  await start();
  const second = spawn(process.execPath, [MAIN, "--port", "0", "--data", folder], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.push(second);
  const [line] = await once(createInterface(second.stderr), "line");
  expect(line).toContain("locked");
});

test("a key given by flag is the only one accepted", async () => {
  const key = Buffer.from("a key of one's own").toString("base64");
  const { ready, client } = await start("--key", key);
  expect(ready.key).toBe(key);
  expect((await client.databases.readAll().fetchAll()).resources).toEqual([]);
});

test.each([
  [["--port", "0"], "--data"],
  [["--data", "x", "--port", "many"], "--port"],
  [["--data", "x", "--partition-ranges", "0"], "--partition-ranges"],
  [["--data", "x", "--colour"], "--colour"],
])("%j is refused and named", async (flags, named) => {
  const child = spawn(process.execPath, [MAIN, ...flags], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  running.push(child);
  let error = "";
  child.stderr.on("data", (chunk) => {
    error += String(chunk);
  });
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  expect(error).toContain(named);
});
