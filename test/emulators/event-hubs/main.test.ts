import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { createProducer, startEmulatorProcess, temporaryFolder } from "./support.ts";

const MAIN = new URL("../../../local/launcher/services/event-hubs.ts", import.meta.url).pathname;

async function runToEnd(...args: string[]): Promise<{ code: number; errors: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, errors };
}

test.each([
  ["no port", ["--data", ":memory:"], "--port"],
  ["a port that is none", ["--port", "99999", "--data", ":memory:"], "--port"],
  ["no folder", ["--port", "0"], "--data"],
  ["a hub that is none", ["--port", "0", "--data", ":memory:", "--hub", "events"], "--hub events"],
  ["an unknown flag", ["--port", "0", "--data", ":memory:", "--partitions", "4"], "--partitions"],
])("%s ends with a clear error", async (_, args, message) => {
  const { code, errors } = await runToEnd(...args);
  expect(code).toBe(1);
  expect(errors).toContain(message);
});

test("the process serves the hubs of its flags, events with four partitions by default, and ends on SIGTERM", async () => {
  const plain = await startEmulatorProcess(":memory:");
  const properties = await createProducer(plain.connectionString).getEventHubProperties();
  expect(properties.partitionIds).toEqual(["0", "1", "2", "3"]);
  plain.child.kill("SIGTERM");
  expect(await once(plain.child, "exit")).toEqual([0, null]);
  const dataDir = await temporaryFolder();
  const other = await startEmulatorProcess(dataDir, 0, ["--hub", "a:1:g1,g2", "--hub", "b:2"]);
  expect((await createProducer(other.connectionString, "a").getEventHubProperties()).partitionIds).toEqual(["0"]);
  expect((await createProducer(other.connectionString, "b").getEventHubProperties()).partitionIds).toEqual(["0", "1"]);
});
