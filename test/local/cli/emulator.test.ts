import { CosmosClient } from "@azure/cosmos";
import { EventHubProducerClient } from "@azure/event-hubs";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, makeFolder, runCommandToEnd, startCommand } from "./support.ts";

describe("emulator", () => {
  test("cosmos runs alone, and what it prints is enough to reach it", async () => {
    const command = startCommand("emulator.ts", ["cosmos", "--port", "0", "--data", makeFolder()]);
    await eventually(() => command.stdout().includes("Ctrl-C"), "the emulator");
    const [, endpoint = "", key = ""] = /endpoint: "(.+?)", key: "(.+?)"/.exec(command.stdout()) ?? [];
    const client = new CosmosClient({ endpoint, key });
    onTestFinished(() => client.dispose());
    const { database } = await client.databases.create({ id: "mine" });
    expect(database.id).toBe("mine");
    command.child.kill("SIGTERM");
    expect(await command.finished).toMatchObject({ code: 0 });
  });

  test("event-hubs runs alone with a hub of one's own", async () => {
    const args = ["event-hubs", "--port", "0", "--data", makeFolder(), "--hub", "orders:2"];
    const command = startCommand("emulator.ts", args);
    await eventually(() => command.stdout().includes("Ctrl-C"), "the emulator");
    const connectionString = /"(Endpoint=.+?)"/.exec(command.stdout())?.[1] ?? "";
    const producer = new EventHubProducerClient(connectionString, "orders");
    expect(await producer.getPartitionIds()).toEqual(["0", "1"]);
    await producer.close();
    command.child.kill("SIGTERM");
    expect(await command.finished).toMatchObject({ code: 0 });
  });

  const cases: [name: string, args: string[], message: string][] = [
    ["none", [], "Say which emulator"],
    ["one that is not there", ["redis"], 'cosmos or event-hubs, not "redis"'],
    ["hubs of cosmos", ["cosmos", "--hub", "a:1"], "--hub is for event-hubs only"],
    ["a wrong port", ["cosmos", "--port", "-1"], "--port"],
  ];
  test.each(cases)("refuses %s", async (_name, args, message) => {
    const result = await runCommandToEnd("emulator.ts", args);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain(message);
  });
});
