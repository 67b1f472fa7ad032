import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { CosmosClient } from "@azure/cosmos";
import { QueueServiceClient } from "@azure/storage-queue";
import { people } from "@headrace/emulators/openid-provider/people.ts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { serviceNames } from "../../local/launcher/service-names.ts";
import { app, expectAllGone, freePorts, type ReadyLine, start, startReady } from "./start-support.ts";
import { eventually, makeFolder, type RunningCommand, root, runCommandToEnd, startCommand } from "./support.ts";

async function takePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
}

describe("one start", () => {
  let state: string;
  let command: RunningCommand;
  let ready: ReadyLine;
  const ends: (() => void)[] = [];

  beforeAll(async () => {
    const later = (end: () => void): void => void ends.unshift(end);
    state = makeFolder(later);
    ({ command, ready } = await startReady(state, [], later));
  });
  afterAll(() => {
    for (const end of ends) end();
  });

  test("brings everything up, and says where in one line of JSON", async () => {
    expect(Object.keys(ready.pids).toSorted()).toEqual([...serviceNames].toSorted());
    expect(new Set(Object.values(ready.pids)).size).toBe(serviceNames.length);
    expect(ready.orgs).toEqual([{ id: "demo", name: "demo", apiKey: expect.stringMatching(/^hr_demo_/) }]);
    const setting = await fetch(`${ready.baseUrl}/settings/COSMOS_ENDPOINT`);
    expect(await setting.json()).toEqual({ value: ready.cosmos.endpoint });
    const queues = QueueServiceClient.fromConnectionString(ready.storage.connectionString);
    const names: string[] = [];
    for await (const queue of queues.listQueues()) names.push(queue.name);
    expect(names).toEqual(expect.arrayContaining(["work", "work-poison"]));
    const cosmos = new CosmosClient({ endpoint: ready.cosmos.endpoint, key: ready.cosmos.key });
    onTestFinished(() => cosmos.dispose());
    const { resources } = await cosmos.database("headrace").containers.readAll().fetchAll();
    expect(resources.map((container) => container.id)).toEqual(
      expect.arrayContaining(["events", "ledger", "identity"]),
    );
  });

  test("the demo's key does what the pages show: schemas and replays too", async () => {
    const call = async (method: string, path: string, body?: object): Promise<number> => {
      const headers = { authorization: `Bearer ${ready.orgs[0]?.apiKey}`, "content-type": "application/json" };
      const sent = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      return (await fetch(`${ready.baseUrl}/api/v1${path}`, sent)).status;
    };
    expect(await call("POST", "/schemas", { event_type: "shown", version: 1, schema: {} })).toBe(201);
    expect(await call("PATCH", "/schemas/type", { event_type: "shown", mode: "off" })).toBe(200);
    expect(await call("POST", "/quarantine/none/replay")).toBe(404);
    expect(await call("GET", "/keys")).toBe(403);
  });

  test("is the only one that Ctrl-C reaches: the services are in no group that the terminal signals", () => {
    const groupOf = (pid: number): string | undefined =>
      readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[2];
    for (const pid of Object.values(ready.pids)) expect(groupOf(pid)).toBe(String(pid));
  });

  test("refuses a second start on the same state folder, and the ports of another Headrace", async () => {
    const second = await start(state, ["--fresh"]).finished;
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toContain(
      `Headrace already runs on ${state} at ${ready.baseUrl} (process ${command.child.pid})`,
    );
    const port = new URL(ready.baseUrl).port;
    const third = await start(makeFolder(), ["--port", port]).finished;
    expect(third).toMatchObject({ code: 1 });
    expect(third.stderr).toContain(
      `Port ${port} (--port) is taken by another Headrace (process ${ready.pids["functions-host"]}`,
    );
    expect((await fetch(`${ready.baseUrl}/settings/COSMOS_KEY`)).status).toBe(200);
  });

  test("ends everything on SIGINT, without another word", async () => {
    command.child.kill("SIGINT");
    expect(await command.finished).toMatchObject({ code: 0, stdout: `${JSON.stringify(ready)}\n` });
    await expectAllGone(ready.pids);
    expect(existsSync(join(state, "running.json"))).toBe(false);
  });
});

describe("start", () => {
  test("is as deployed by default: over TLS, and without a key", async () => {
    const state = makeFolder();
    const ports = freePorts.filter((flag) => flag !== "--access" && flag !== "connection-strings");
    const env = { HEADRACE_MAX_EVENTS: "77", HEADRACE_OPERATOR_TOKEN: "of another deployment" };
    const command = startCommand("start", ["--state", state, "--app", app, "--json", ...ports], { env });
    const line = await eventually(() => command.stdout().includes("\n") && command.stdout(), "the ready line", 50_000);
    const ready = JSON.parse(line) as ReadyLine;
    expect(ready.cosmos).toEqual({ endpoint: expect.stringMatching(/^https:/) });
    expect(ready.storage.blobEndpoint).toMatch(/^https:/);
    expect(line).not.toMatch(/AccountKey|SharedAccessKey/);
    expect(ready.orgs).toEqual([{ id: "demo", name: "demo", apiKey: expect.stringMatching(/^hr_demo_/) }]);
    const connection = await fetch(`${ready.baseUrl}/settings/EventHubConnection__fullyQualifiedNamespace`);
    expect(await connection.json()).toEqual({ value: new URL(ready.eventHubs.endpoint).host });
    for (const [name, value] of [
      ["HEADRACE_MAX_EVENTS", "77"],
      ["HEADRACE_OPERATOR_TOKEN", null],
    ] as const) {
      const passedOn = await fetch(`${ready.baseUrl}/settings/${name}`);
      expect(await passedOn.json()).toEqual({ value });
    }
    command.child.kill("SIGINT");
    expect(await command.finished).toMatchObject({ code: 0 });
  });

  test("keeps data, orgs and the operator's key for the next start; --fresh does not", {
    timeout: 120_000,
  }, async () => {
    const state = makeFolder();
    const first = await startReady(state);
    const queue = QueueServiceClient.fromConnectionString(first.ready.storage.connectionString).getQueueClient("work");
    await queue.sendMessage("kept", { visibilityTimeout: 3600 });
    first.command.child.kill("SIGTERM");
    await first.command.finished;
    const operatorKey = readFileSync(join(state, "operator-key"), "utf8");

    const second = await startReady(state);
    expect(second.ready.orgs).toEqual(first.ready.orgs);
    const again = QueueServiceClient.fromConnectionString(second.ready.storage.connectionString).getQueueClient("work");
    expect((await again.getProperties()).approximateMessagesCount).toBe(1);
    const setting = await fetch(`${second.ready.baseUrl}/settings/HEADRACE_OPERATOR_KEY_SHA256`);
    expect(await setting.json()).toEqual({ value: createHash("sha256").update(operatorKey).digest("hex") });
    second.command.child.kill("SIGTERM");
    await second.command.finished;

    writeFileSync(join(state, "mine.txt"), "not Headrace's");
    const third = await startReady(state, ["--fresh"]);
    expect(third.ready.orgs.map((org) => org.name)).toEqual(["demo"]);
    expect(third.ready.orgs[0]?.apiKey).not.toBe(first.ready.orgs[0]?.apiKey);
    const fresh = QueueServiceClient.fromConnectionString(third.ready.storage.connectionString).getQueueClient("work");
    expect((await fresh.getProperties()).approximateMessagesCount).toBe(0);
    expect(readFileSync(join(state, "operator-key"), "utf8")).not.toBe(operatorKey);
    expect(existsSync(join(state, "mine.txt"))).toBe(true);
    third.command.child.kill("SIGTERM");
    await third.command.finished;
  });

  test("prints what runs where, and commands to paste, on one screen", async () => {
    const state = makeFolder();
    const command = start(state);
    await eventually(() => command.stdout().includes("Ctrl-C stops everything"), "the welcome", 50_000);
    const orgs = JSON.parse(readFileSync(join(state, "orgs.json"), "utf8")) as { orgs: { apiKey: string }[] };
    const text = command.stdout();
    expect(text).toContain(`API key      ${orgs.orgs[0]?.apiKey}`);
    expect(text).toMatch(/curl -s http:\/\/127\.0\.0\.1:\d+\/api\/v1\/events -H 'Authorization: Bearer hr_demo_/);
    for (const { name } of people) expect(text).toContain(name);
    expect(text.split("\n").length).toBeLessThanOrEqual(40);
    for (const name of ["orgs.json", "operator-key", "running.json"]) {
      expect(statSync(join(state, name)).mode & 0o077).toBe(0);
    }
    command.child.kill("SIGINT");
    expect(await command.finished).toMatchObject({ code: 0 });
  });

  const launchers: [string, string[]][] = [
    ["npm", ["run", "-s", "start", "--"]],
    ["npx", ["headrace", "start"]],
  ];
  test.each(launchers)("SIGTERM to %s ends everything, though it is not passed on", async (launcher, words) => {
    const state = makeFolder();
    const { PATH = "", HOME = "" } = process.env;
    const args = [...words, "--state", state, "--app", app, ...freePorts, "--json"];
    const npm = spawn(launcher, args, { cwd: root, env: { PATH, HOME }, stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    npm.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await eventually(() => output.includes("\n"), "the ready line", 50_000);
    const { pids } = JSON.parse(output) as ReadyLine;
    npm.kill("SIGTERM");
    await expectAllGone(pids);
    await eventually(() => !existsSync(join(state, "running.json")), "a clean end");
  });

  test("a host that shuts itself down is started again, at the same address, and that is said once; another service that dies is named with the end of its log, and the rest ends", async () => {
    const state = makeFolder();
    const { command, ready } = await startReady(state);
    const gone = new Set([0, ready.pids["functions-host"]]);
    for (let lives = 0; lives < 2; lives++) {
      await fetch(`${ready.baseUrl}/exit/75`).catch(() => undefined);
      const next = () => readChildren(state)?.["functions-host"] ?? 0;
      gone.add(await eventually(() => !gone.has(next()) && next(), "another host"));
      expect((await fetch(`${ready.baseUrl}/api/health/live`)).status).toBe(200);
    }
    const { cosmos, ...others } = { ...ready.pids, ...readChildren(state) };
    process.kill(cosmos ?? 0, "SIGKILL");
    const { code, stderr } = await command.finished;
    expect(code).toBe(1);
    expect(stderr.split("As on Azure, another host is started.")).toHaveLength(2);
    expect(stderr).toContain("functions-host ended unexpectedly: exit code 75.");
    expect(stderr).toContain("cosmos ended unexpectedly: killed by SIGKILL");
    await expectAllGone(others);
  });

  test("a SIGINT during the start ends the services that were started", async () => {
    const state = makeFolder();
    const command = start(state, ["--json"]);
    const children = await eventually(() => readChildren(state), "the first services");
    command.child.kill("SIGINT");
    expect(await command.finished).toMatchObject({ code: 0, stdout: "" });
    await expectAllGone(children);
    expect(existsSync(join(state, "running.json"))).toBe(false);
  });
});

function readChildren(state: string): Record<string, number> | undefined {
  const path = join(state, "running.json");
  if (!existsSync(path)) return undefined;
  const { children } = JSON.parse(readFileSync(path, "utf8")) as { children: Record<string, { pid: number }> };
  const pids = Object.entries(children).map(([name, child]) => [name, child.pid] as const);
  return pids.length > 0 ? Object.fromEntries(pids) : undefined;
}

describe("start refuses", () => {
  const cases: [name: string, args: string[], message: string, code?: number][] = [
    ["an unknown flag", ["--prot", "1"], "Unknown option '--prot'"],
    ["a port that is no number", ["--port", "http"], '--port must be a whole number from 0 to 65535, not "http"'],
    ["a port that is too large", ["--blob-port", "65536"], "--blob-port must be a whole number"],
    [
      "an access that is not there",
      ["--access", "none"],
      '--access must be managed-identity or connection-strings, not "none"',
    ],
    [
      "faults with managed identity",
      ["--access", "managed-identity", "--chaos", "mild"],
      "Faults need connection strings",
      1,
    ],
    ["something that is no flag", ["prod"], "Unexpected argument 'prod'"],
    ["a folder that is no app", ["--app", "/"], "has no host.json", 1],
  ];
  test.each(cases)("%s", async (_name, args, message, code = 2) => {
    const result = await runCommandToEnd("start", ["--state", makeFolder(), ...freePorts, ...args]);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain("    at ");
  });

  test("ports that are taken: names each, and who has it", async () => {
    const [cosmos, queue] = [await takePort(), await takePort()];
    const state = makeFolder();
    const result = await start(state, ["--cosmos-port", `${cosmos}`, "--queue-port", `${queue}`]).finished;
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain(
      `Port ${cosmos} (--cosmos-port) is taken by another process (process ${process.pid}`,
    );
    expect(result.stderr).toContain(`Port ${queue} (--queue-port) is taken by another process (process ${process.pid}`);
    expect(existsSync(join(state, "running.json"))).toBe(false);
  });

  const write = (file: string, text: string): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const replaceByFile = (state: string): void => {
    rmSync(state, { recursive: true });
    write(state, "");
  };
  const loseDatabase = (state: string): void => {
    write(join(state, "orgs.json"), '{"orgs":[{"id":"demo","name":"demo","apiKey":"k"}]}');
    write(join(state, "event-hubs/hubs.json"), "[]");
  };
  const spoiled: [name: string, (state: string) => void, file: string, help: string][] = [
    ["a state folder that is a file", replaceByFile, "", "--state"],
    ["an empty running.json", (state) => write(join(state, "running.json"), ""), "running.json", "Remove it if no"],
    ["a spoiled orgs.json", (state) => write(join(state, "orgs.json"), "{"), "orgs.json", "Remove it: the orgs stay"],
    ["an empty operator's key", (state) => write(join(state, "operator-key"), ""), "operator-key", "Remove it"],
    [
      "a spoiled hubs.json",
      (state) => write(join(state, "event-hubs/hubs.json"), "["),
      "event-hubs/hubs.json",
      "remove it",
    ],
    ["half a hub", (state) => write(join(state, "event-hubs/hubs.json"), "[{}]"), "event-hubs/hubs.json", "remove it"],
    [
      "a spoiled key of tokens",
      (state) => write(join(state, "managed-identity/token-keys.json"), '{"keys":[]}'),
      "managed-identity/token-keys.json",
      "Remove",
    ],
    [
      "a folder of keys that is a file",
      (state) => write(join(state, "managed-identity"), ""),
      "managed-identity",
      "Move",
    ],
    ["a certificate folder that is a file", (state) => write(join(state, "certificate"), ""), "certificate", "Move it"],
    [
      "a spoiled vault",
      (state) => write(join(state, "key-vault/key-vault.sqlite"), "x".repeat(9000)),
      "key-vault/key-vault.sqlite",
      "Put a copy of it back",
    ],
    [
      "orgs and a hub without the database",
      loseDatabase,
      "cosmos/cosmos.sqlite",
      "Put the file back, or start from nothing with `--fresh`",
    ],
  ];
  test.each(spoiled)("%s: names it, and says what may be done", async (_name, spoil, file, help) => {
    const state = makeFolder();
    spoil(state);
    const result = await start(state).finished;
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain(file === "" ? state : join(state, file));
    expect(result.stderr).toContain(help);
    expect(result.stderr).not.toMatch(/ {4}at .*:\d+:\d+/);
  });

  test("one port for two services", async () => {
    const result = await start(makeFolder(), ["--cosmos-port", "18081", "--blob-port", "18081"]).finished;
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain("Port 18081 is given twice");
  });
});
