import { join, resolve } from "node:path";
import process from "node:process";
import { checkPorts } from "../local/launcher/port-check.ts";
import { defaultPorts } from "../local/launcher/ports.ts";
import { defaultStateDir } from "../local/launcher/project.ts";
import { scriptOf } from "../local/launcher/specify.ts";
import { type Command, parseFlags, readNumber, readPortFlag, UsageError } from "./command.ts";
import { type EmulatorReady, startInForeground } from "./run-in-foreground.ts";
import { type KeyVaultAlone, runKeyVault } from "./run-key-vault.ts";

const help = `Usage: npx headrace emulator cosmos|event-hubs|key-vault [FLAGS]

Runs one emulator alone, until Ctrl-C, for a program of yours that uses the official Azure SDKs.

  --port N            (cosmos 8081, event-hubs 5672, key-vault 8443; 0 = any free port)
  --data DIR          where it keeps its data     (.headrace/alone/NAME)
  --fresh             start from nothing
  --hub NAME:COUNT    event-hubs only: a hub and its number of partitions; may be given more than once   (events:4)
  --key KEY           cosmos only: the account's key, base64   (the one that every emulator of Cosmos DB has)
  --partition-ranges N   cosmos only: physical partitions of each container, 1 to 100   (3)
  --identity-port N   key-vault only: the managed identity endpoint that gives out tokens for it   (8442)
  --help
`;

const flags = {
  port: { type: "string" },
  data: { type: "string" },
  hub: { type: "string", multiple: true },
  "identity-port": { type: "string" },
  key: { type: "string" },
  "partition-ranges": { type: "string" },
  fresh: { type: "boolean", default: false },
} as const;

const names = ["cosmos", "event-hubs", "key-vault"] as const;
type Name = (typeof names)[number];

interface Wanted extends KeyVaultAlone {
  readonly hubs: readonly string[];
  /** Flags of the emulator's own. */
  readonly more: readonly string[];
}

/** `headrace emulator` */
export const emulator: Command = { help, run: runEmulator };

async function runEmulator(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const name = readName(positionals);
  if (values.hub && name !== "event-hubs") throw new UsageError("--hub is for event-hubs only.");
  const identityPort = values["identity-port"];
  if (identityPort !== undefined && name !== "key-vault")
    throw new UsageError("--identity-port is for key-vault only.");
  const wanted: Wanted = {
    port: values.port === undefined ? defaultPorts[name] : readPortFlag("--port", values.port),
    identityPort:
      identityPort === undefined ? defaultPorts["managed-identity"] : readPortFlag("--identity-port", identityPort),
    data: resolve(values.data ?? join(defaultStateDir, "alone", name)),
    fresh: values.fresh,
    hubs: values.hub ?? [],
    more: readCosmosFlags(name, values),
  };
  await checkPorts({ "--port": wanted.port, ...(name === "key-vault" && { "--identity-port": wanted.identityPort }) });
  return name === "key-vault" ? runKeyVault(wanted) : runAlone(name, wanted);
}

function readCosmosFlags(name: Name, values: { key?: string; "partition-ranges"?: string }): string[] {
  const { key, "partition-ranges": ranges } = values;
  for (const [flag, text] of Object.entries({ key, "partition-ranges": ranges }))
    if (text !== undefined && name !== "cosmos") throw new UsageError(`--${flag} is for cosmos only.`);
  if (key !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) throw new UsageError("--key must be base64.");
  if (ranges !== undefined) readNumber("--partition-ranges", ranges, { min: 1, max: 100 });
  return [
    ...(key === undefined ? [] : ["--key", key]),
    ...(ranges === undefined ? [] : ["--partition-ranges", ranges]),
  ];
}

function readName(positionals: readonly string[]): Name {
  const [text, ...more] = positionals;
  const name = names.find((known) => known === text);
  if (name && more.length === 0) return name;
  throw new UsageError(
    `Say which emulator: cosmos, event-hubs or key-vault${text ? `, not "${positionals.join(" ")}"` : ""}.`,
  );
}

async function runAlone(name: "cosmos" | "event-hubs", wanted: Wanted): Promise<number> {
  const hubs = wanted.hubs.flatMap((hub) => ["--hub", hub]);
  const fresh = wanted.fresh ? ["--fresh"] : [];
  const script = scriptOf(name);
  const emulator = startInForeground([
    script,
    "--port",
    String(wanted.port),
    "--data",
    wanted.data,
    ...hubs,
    ...fresh,
    ...wanted.more,
  ]);
  const hub = wanted.hubs[0]?.split(":")[0] ?? "events";
  void emulator.ready.then((ready) => process.stdout.write(describe(name, ready, wanted.data, hub)));
  return emulator.ended;
}

function describe(name: "cosmos" | "event-hubs", ready: EmulatorReady, data: string, hub: string): string {
  const how =
    name === "cosmos"
      ? `  new CosmosClient({ endpoint: "${ready.endpoint}", key: "${ready.key}" })`
      : `  new EventHubProducerClient("${ready.connectionString}", "${hub}")`;
  const title = name === "cosmos" ? "The Cosmos DB emulator" : "The Event Hubs emulator";
  return `${title} is ready at ${ready.endpoint}\n\n${how}\n\nData in ${data}. Ctrl-C stops it. How it differs from Azure: local/emulators/${name}/README.md\n`;
}
