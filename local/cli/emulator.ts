import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { PipelineError } from "../pipeline/pipeline-error.ts";
import { checkPorts } from "../pipeline/port-check.ts";
import { defaultPorts, defaultStateDir, projectRoot } from "../pipeline/services.ts";
import { parseFlags, readPortFlag, runCommand } from "./command.ts";

const help = `Usage: npm run emulator -- cosmos|event-hubs [FLAGS]

Runs one emulator alone, until Ctrl-C, for a program of yours that uses the official Azure SDKs.

  --port N            (cosmos 8081, event-hubs 5672; 0 = any free port)
  --data DIR          where it keeps its data     (.headrace/alone/NAME)
  --fresh             start from nothing
  --hub NAME:COUNT    event-hubs only: a hub and its number of partitions; may be given more than once   (events:4)
  --help
`;

const flags = {
  port: { type: "string" },
  data: { type: "string" },
  hub: { type: "string", multiple: true },
  fresh: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

await runCommand("emulator", runEmulator);

async function runEmulator(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const name = readName(positionals);
  if (values.hub && name !== "event-hubs") throw new PipelineError("--hub is for event-hubs only.");
  const port = values.port === undefined ? defaultPorts[name] : readPortFlag("--port", values.port);
  await checkPorts({ "--port": port });
  const data = resolve(values.data ?? join(defaultStateDir, "alone", name));
  const hubs = (values.hub ?? []).flatMap((hub) => ["--hub", hub]);
  const fresh = values.fresh ? ["--fresh"] : [];
  const hub = values.hub?.[0]?.split(":")[0] ?? "events";
  return runInForeground(name, ["--port", String(port), "--data", data, ...hubs, ...fresh], (ready) =>
    describe(name, ready, data, hub),
  );
}

function readName(positionals: readonly string[]): "cosmos" | "event-hubs" {
  const [name, ...more] = positionals;
  if ((name === "cosmos" || name === "event-hubs") && more.length === 0) return name;
  throw new PipelineError(`Say which emulator: cosmos or event-hubs${name ? `, not "${positionals.join(" ")}"` : ""}.`);
}

interface EmulatorReady {
  readonly endpoint: string;
  readonly key?: string;
  readonly connectionString?: string;
}

/** The emulator's log goes to the terminal, its ready line is made readable; a group of its own lets it hear Ctrl-C once. */
function runInForeground(
  name: "cosmos" | "event-hubs",
  args: readonly string[],
  describeReady: (ready: EmulatorReady) => string,
): Promise<number> {
  const script = join(projectRoot, "local", name, "main.ts");
  const child = spawn(process.execPath, [script, ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const output = child.stdout ? createInterface({ input: child.stdout }) : undefined;
  output?.once("line", (line) => process.stdout.write(describeReady(JSON.parse(line) as EmulatorReady)));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill("SIGTERM"));
  return new Promise((resolveExit, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolveExit(code ?? 1));
  });
}

function describe(name: "cosmos" | "event-hubs", ready: EmulatorReady, data: string, hub: string): string {
  const how =
    name === "cosmos"
      ? `  new CosmosClient({ endpoint: "${ready.endpoint}", key: "${ready.key}" })`
      : `  new EventHubProducerClient("${ready.connectionString}", "${hub}")`;
  const title = name === "cosmos" ? "The Cosmos DB emulator" : "The Event Hubs emulator";
  return `${title} is ready at ${ready.endpoint}\n\n${how}\n\nData in ${data}. Ctrl-C stops it. How it differs from Azure: local/${name}/README.md\n`;
}
