import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PATIENCE } from "../../support/until.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const ACCOUNT = "devstoreaccount1";
/** The emulator's well-known key: https://learn.microsoft.com/azure/storage/common/storage-use-azurite */
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Asks until the answer is neither undefined nor false. */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 50_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + PATIENCE * timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Not within ${PATIENCE * timeoutMs} ms: ${what}`);
    await sleep(25);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

export interface HostProcess {
  readonly baseUrl: string;
  readonly functions: { name: string; trigger: string; route?: string; methods?: string[] }[];
  /** Every line of the log so far. */
  readonly lines: readonly string[];
  /** The fixture's functions' lines of the form `<word> <json>`, oldest first. */
  said<T>(word: string): T[];
  /** The exit code after SIGTERM. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  readonly exited: Promise<number | null>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

function spawnHost(app: string, { env = {}, args = [] }: StartOptions): ChildProcess {
  const main = join(ROOT, "local/launcher/services/functions-host.ts");
  const appDir = app.startsWith("/") ? app : join(ROOT, "test/fixtures/apps", app);
  return spawn(process.execPath, [main, "--app", appDir, "--port", "0", ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function collect(stream: NodeJS.ReadableStream | null): string[] {
  const lines: string[] = [];
  if (stream) createInterface({ input: stream }).on("line", (line) => lines.push(line));
  return lines;
}

/** Runs the host's process on an app that cannot be served, until it has ended. */
export async function startBroken(
  app: string,
  options: StartOptions = {},
): Promise<{ code: number | null; log: string }> {
  const child = spawnHost(app, options);
  const lines = collect(child.stderr);
  const [code] = await once(child, "close");
  return { code, log: lines.join("\n") };
}

/** Starts the host's process, as a developer would, and waits until it says that it is ready. */
export async function startHost(app: string, options: StartOptions = {}): Promise<HostProcess> {
  const child = spawnHost(app, options);
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const lines = collect(child.stderr);
  const out = collect(child.stdout);
  const ready = await eventually(`${app} is ready`, () => {
    if (child.exitCode !== null) throw new Error(`The host has ended with ${child.exitCode}:\n${lines.join("\n")}`);
    return out[0];
  });
  const { baseUrl, functions } = JSON.parse(ready);
  return {
    baseUrl,
    functions,
    lines,
    said: (word) =>
      lines.flatMap((line) => {
        const at = line.indexOf(` ${word} {`);
        return at < 0 ? [] : [JSON.parse(line.slice(at + word.length + 2))];
      }),
    stop: () => end(child, "SIGTERM"),
    kill: async () => {
      await end(child, "SIGKILL");
    },
    signal: (signal) => child.kill(signal),
    exited,
  };
}

/** A service in a process of its own. */
export interface Storage {
  readonly connectionString: string;
  stop(): Promise<void>;
}

function startAzurite(service: "blob" | "queue"): { child: ChildProcess; port: Promise<string> } {
  const entry = createRequire(import.meta.url).resolve(`azurite/dist/src/${service}/main.js`);
  const flags = ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"];
  // A killed worker of vitest ends nothing itself.
  const preloads = ["end-with-parent", "without-telemetry"].flatMap((name) => [
    "--import",
    join(ROOT, `local/launcher/azurite/${name}.ts`),
  ]);
  const child = spawn(process.execPath, [...preloads, entry, `--${service}Port`, "0", ...flags], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const lines = collect(child.stdout);
  const port = eventually(`Azurite's ${service} service listens`, () => {
    return lines.map((line) => /successfully listen\w* (?:at|on) \S+:(\d+)/i.exec(line)?.[1]).find(Boolean);
  });
  return { child, port };
}

/** Azurite's blob and queue services, in memory, on free ports. */
export async function startStorage(): Promise<Storage> {
  const [blob, queue] = [startAzurite("blob"), startAzurite("queue")];
  const [blobPort, queuePort] = await Promise.all([blob.port, queue.port]);
  const connectionString = [
    "DefaultEndpointsProtocol=http",
    `AccountName=${ACCOUNT}`,
    `AccountKey=${KEY}`,
    `BlobEndpoint=http://127.0.0.1:${blobPort}/${ACCOUNT}`,
    `QueueEndpoint=http://127.0.0.1:${queuePort}/${ACCOUNT}`,
  ].join(";");
  // Killed: it holds nothing worth saving, and after SIGTERM it can hang on connections that have gone.
  const stop = async (): Promise<void> => {
    await Promise.all([end(blob.child, "SIGKILL"), end(queue.child, "SIGKILL")]);
  };
  return { connectionString, stop };
}

/** The Event Hubs emulator's process with hubs `name:partitions[:group]`, in memory, on a free port. */
export async function startHubs(hubs: readonly string[]): Promise<Storage> {
  const main = join(ROOT, "local/launcher/services/event-hubs.ts");
  const args = ["--port", "0", "--data", ":memory:", ...hubs.flatMap((hub) => ["--hub", hub])];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const out = collect(child.stdout);
  const ready = await eventually("the Event Hubs emulator is ready", () => out[0]);
  const stop = async (): Promise<void> => {
    await end(child, "SIGTERM");
  };
  return { connectionString: JSON.parse(ready).connectionString, stop };
}

export interface Proxy {
  readonly port: number;
  /** Bytes that came from the service so far. */
  readonly received: number;
  /** Drops every connection, as a network does. */
  cut(): void;
  stop(): Promise<void>;
}

/** A TCP proxy in front of a service, to count its bytes and to cut its connections. */
export async function startProxy(servicePort: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let received = 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((client) => {
    const service = connect(servicePort, "127.0.0.1");
    for (const socket of [client, service]) sockets.add(socket.on("error", () => socket.destroy()));
    service.on("data", (chunk) => {
      received += chunk.length;
    });
    client.pipe(service).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get received() {
      return received;
    },
    cut,
    stop: async () => {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
