import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { CosmosClient } from "@azure/cosmos";
import { EventHubProducerClient } from "@azure/event-hubs";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../support/until.ts";
import { eventually, makeFolder, root, runCommandToEnd, startCommand } from "./support.ts";

/** A user's own program, in a shell that the settings were pasted into. */
async function runProgram(printed: string, work: string): Promise<{ code: number | null; output: string }> {
  const exports = printed.match(/^ {2}export .*$/gm)?.join("\n") ?? "";
  const client = /new SecretClient\(.*\)$/m.exec(printed)?.[0] ?? "";
  const program = `
    import { ManagedIdentityCredential } from "@azure/identity";
    import { SecretClient } from "@azure/keyvault-secrets";
    const client = ${client};
    ${work};`;
  const env = { ...process.env, PROGRAM: program, NODE: process.execPath };
  const script = `${exports}\n"$NODE" --input-type=module -e "$PROGRAM" 2>&1`;
  const shell = spawn("sh", ["-c", script], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  shell.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  const [code] = await once(shell, "close");
  return { code, output };
}

describe("emulator", () => {
  test("cosmos runs alone, and its output is enough to reach it", async () => {
    const command = startCommand("emulator", ["cosmos", "--port", "0", "--data", makeFolder()]);
    await eventually(() => command.stdout().includes("Ctrl-C"), "the emulator");
    const [, endpoint = "", key = ""] = /endpoint: "(.+?)", key: "(.+?)"/.exec(command.stdout()) ?? [];
    const client = new CosmosClient({ endpoint, key });
    onTestFinished(() => client.dispose());
    const { database } = await client.databases.create({ id: "mine" });
    expect(database.id).toBe("mine");
    command.child.kill("SIGTERM");
    expect(await command.finished).toMatchObject({ code: 0 });
  });

  test("cosmos takes a key of the user's own, and the number of partitions", async () => {
    const key = Buffer.from("a key of my own").toString("base64");
    const flags = ["--port", "0", "--data", makeFolder(), "--key", key, "--partition-ranges", "5"];
    const command = startCommand("emulator", ["cosmos", ...flags]);
    await eventually(() => command.stdout().includes("Ctrl-C"), "the emulator");
    const [, endpoint = ""] = /endpoint: "(.+?)", key: "(.+?)"/.exec(command.stdout()) ?? [];
    const client = new CosmosClient({ endpoint, key });
    onTestFinished(() => client.dispose());
    const { database } = await client.databases.create({ id: "mine" });
    const { container } = await database.containers.create({ id: "c", partitionKey: "/pk" });
    expect((await container.readPartitionKeyRanges().fetchAll()).resources).toHaveLength(5);
  });

  test("SIGTERM to npx ends the emulator, though it is not passed on", async () => {
    const { PATH = "", HOME = "" } = process.env;
    const args = ["headrace", "emulator", "cosmos", "--port", "0", "--data", makeFolder()];
    const npx = spawn("npx", args, { cwd: root, env: { PATH, HOME }, stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    npx.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await eventually(() => output.includes("Ctrl-C"), "the emulator");
    const endpoint = /endpoint: "(.+?)"/.exec(output)?.[1] ?? "";
    npx.kill("SIGTERM");
    const isGone = (): Promise<true | undefined> =>
      fetch(endpoint).then(
        () => undefined,
        () => true,
      );
    expect(await until(isGone, 20_000)).toBe(true);
  });

  test("event-hubs runs alone with the hub that the user names", async () => {
    const args = ["event-hubs", "--port", "0", "--data", makeFolder(), "--hub", "orders:2"];
    const command = startCommand("emulator", args);
    await eventually(() => command.stdout().includes("Ctrl-C"), "the emulator");
    const connectionString = /"(Endpoint=.+?)"/.exec(command.stdout())?.[1] ?? "";
    const producer = new EventHubProducerClient(connectionString, "orders");
    expect(await producer.getPartitionIds()).toEqual(["0", "1"]);
    await producer.close();
    command.child.kill("SIGTERM");
    expect(await command.finished).toMatchObject({ code: 0 });
  });

  test("key-vault runs alone with a managed identity, and its printed settings are all that a program needs", async () => {
    const data = makeFolder();
    const args = ["key-vault", "--port", "0", "--identity-port", "0", "--data", data];
    const first = startCommand("emulator", args);
    await eventually(() => first.stdout().includes("Ctrl-C"), "the emulator");
    expect(await runProgram(first.stdout(), 'await client.setSecret("k", "v")')).toMatchObject({ code: 0 });
    first.child.kill("SIGTERM");
    expect(await first.finished).toMatchObject({ code: 0 });

    const again = startCommand("emulator", args);
    await eventually(() => again.stdout().includes("Ctrl-C"), "the emulator");
    const read = 'console.log((await client.getSecret("k")).value)';
    expect(await runProgram(again.stdout(), read)).toEqual({ code: 0, output: "v\n" });
    again.child.kill("SIGTERM");
    expect(await again.finished).toMatchObject({ code: 0 });

    const fresh = startCommand("emulator", [...args, "--fresh"]);
    await eventually(() => fresh.stdout().includes("Ctrl-C"), "the emulator");
    expect((await runProgram(fresh.stdout(), read)).output).toContain("SecretNotFound");
    fresh.child.kill("SIGTERM");
    expect(await fresh.finished).toMatchObject({ code: 0 });
  });

  const cases: [name: string, args: string[], message: string][] = [
    ["none", [], "Say which emulator"],
    ["one that is not there", ["redis"], 'cosmos, event-hubs or key-vault, not "redis"'],
    ["hubs of cosmos", ["cosmos", "--hub", "a:1"], "--hub is for event-hubs only"],
    ["an identity for cosmos", ["cosmos", "--identity-port", "1"], "--identity-port is for key-vault only"],
    ["a key for event-hubs", ["event-hubs", "--key", "a2V5"], "--key is for cosmos only"],
    ["a key that is not base64", ["cosmos", "--key", "my key"], "--key must be base64"],
    ["no partition", ["cosmos", "--partition-ranges", "0"], "--partition-ranges must be a whole number from 1 to 100"],
    ["a wrong port", ["cosmos", "--port", "-1"], "--port"],
  ];
  test.each(cases)("refuses %s", async (_name, args, message) => {
    const result = await runCommandToEnd("emulator", args);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(message);
  });
});
