import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { ensureCertificate } from "../certificate/certificate.ts";
import { localIdentity } from "../managed-identity/identity.ts";
import { ensureTokenKeys } from "../managed-identity/token-keys.ts";
import { PipelineError } from "../pipeline/pipeline-error.ts";
import { checkPorts } from "../pipeline/port-check.ts";
import { defaultPorts, defaultStateDir, keyVaultArgs, projectRoot } from "../pipeline/services.ts";
import { parseFlags, readPortFlag, runCommand } from "./command.ts";

const help = `Usage: npm run emulator -- cosmos|event-hubs|key-vault [FLAGS]

Runs one emulator alone, until Ctrl-C, for a program of yours that uses the official Azure SDKs.

  --port N            (cosmos 8081, event-hubs 5672, key-vault 8443; 0 = any free port)
  --data DIR          where it keeps its data     (.headrace/alone/NAME)
  --fresh             start from nothing
  --hub NAME:COUNT    event-hubs only: a hub and its number of partitions; may be given more than once   (events:4)
  --identity-port N   key-vault only: the managed identity endpoint that gives out tokens for it   (8442)
  --help
`;

const flags = {
  port: { type: "string" },
  data: { type: "string" },
  hub: { type: "string", multiple: true },
  "identity-port": { type: "string" },
  fresh: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const names = ["cosmos", "event-hubs", "key-vault"] as const;
type Name = (typeof names)[number];

interface Wanted {
  readonly port: number;
  readonly identityPort: number;
  readonly data: string;
  readonly fresh: boolean;
  readonly hubs: readonly string[];
}

await runCommand("emulator", runEmulator);

async function runEmulator(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const name = readName(positionals);
  if (values.hub && name !== "event-hubs") throw new PipelineError("--hub is for event-hubs only.");
  const identityPort = values["identity-port"];
  if (identityPort !== undefined && name !== "key-vault")
    throw new PipelineError("--identity-port is for key-vault only.");
  const wanted: Wanted = {
    port: values.port === undefined ? defaultPorts[name] : readPortFlag("--port", values.port),
    identityPort:
      identityPort === undefined ? defaultPorts["managed-identity"] : readPortFlag("--identity-port", identityPort),
    data: resolve(values.data ?? join(defaultStateDir, "alone", name)),
    fresh: values.fresh,
    hubs: values.hub ?? [],
  };
  await checkPorts({ "--port": wanted.port, ...(name === "key-vault" && { "--identity-port": wanted.identityPort }) });
  return name === "key-vault" ? runKeyVault(wanted) : runAlone(name, wanted);
}

function readName(positionals: readonly string[]): Name {
  const [text, ...more] = positionals;
  const name = names.find((known) => known === text);
  if (name && more.length === 0) return name;
  throw new PipelineError(
    `Say which emulator: cosmos, event-hubs or key-vault${text ? `, not "${positionals.join(" ")}"` : ""}.`,
  );
}

interface EmulatorReady {
  readonly endpoint: string;
  readonly key?: string;
  readonly connectionString?: string;
}

async function runAlone(name: "cosmos" | "event-hubs", wanted: Wanted): Promise<number> {
  const hubs = wanted.hubs.flatMap((hub) => ["--hub", hub]);
  const fresh = wanted.fresh ? ["--fresh"] : [];
  const script = join(projectRoot, "local", name, "main.ts");
  const emulator = startInForeground([script, "--port", String(wanted.port), "--data", wanted.data, ...hubs, ...fresh]);
  const hub = wanted.hubs[0]?.split(":")[0] ?? "events";
  void emulator.ready.then((ready) => process.stdout.write(describe(name, ready, wanted.data, hub)));
  return emulator.ended;
}

/** The vault and where tokens for it are had; either ends with the other. */
async function runKeyVault({ data, port, identityPort, fresh }: Wanted): Promise<number> {
  if (fresh)
    for (const folder of ["secrets", "certificate", "managed-identity"])
      rmSync(join(data, folder), { recursive: true, force: true });
  const identityData = join(data, "managed-identity");
  const tokenKeys = await ensureTokenKeys(identityData);
  const certificate = await ensureCertificate(join(data, "certificate"));
  const header = randomUUID();
  const vault = startInForeground(keyVaultArgs(String(port), join(data, "secrets"), { certificate, tokenKeys }));
  const identity = startInForeground(
    [join(projectRoot, "local/managed-identity/main.ts"), "--port", String(identityPort), "--data", identityData],
    { IDENTITY_HEADER: header },
  );
  void Promise.all([vault.ready, identity.ready]).then(([{ endpoint }, { endpoint: identityEndpoint }]) => {
    const settings = {
      KEY_VAULT_URL: endpoint,
      IDENTITY_ENDPOINT: identityEndpoint,
      IDENTITY_HEADER: header,
      NODE_EXTRA_CA_CERTS: certificate.ca,
    };
    process.stdout.write(describeKeyVault(settings, data));
  });
  const code = await Promise.race([vault.ended, identity.ended]);
  for (const { child } of [vault, identity]) child.kill("SIGTERM");
  const codes = await Promise.all([vault.ended, identity.ended]);
  return code === 0 ? Math.max(...codes) : code;
}

interface Foreground {
  readonly child: ChildProcess;
  readonly ready: Promise<EmulatorReady>;
  /** Its exit code. */
  readonly ended: Promise<number>;
}

/** The emulator's log goes to the terminal; a group of its own lets it hear Ctrl-C once. */
function startInForeground(args: readonly string[], env: Readonly<Record<string, string>> = {}): Foreground {
  const child = spawn(process.execPath, args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const ready = new Promise<EmulatorReady>((resolveReady) => {
    const output = child.stdout && createInterface({ input: child.stdout });
    output?.once("line", (line) => resolveReady(JSON.parse(line) as EmulatorReady));
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill("SIGTERM"));
  const ended = new Promise<number>((resolveExit, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolveExit(code ?? 1));
  });
  return { child, ready, ended };
}

function describe(name: "cosmos" | "event-hubs", ready: EmulatorReady, data: string, hub: string): string {
  const how =
    name === "cosmos"
      ? `  new CosmosClient({ endpoint: "${ready.endpoint}", key: "${ready.key}" })`
      : `  new EventHubProducerClient("${ready.connectionString}", "${hub}")`;
  const title = name === "cosmos" ? "The Cosmos DB emulator" : "The Event Hubs emulator";
  return `${title} is ready at ${ready.endpoint}\n\n${how}\n\nData in ${data}. Ctrl-C stops it. How it differs from Azure: local/${name}/README.md\n`;
}

/** Settings to paste into a shell, and a client that needs nothing else. */
function describeKeyVault(settings: Readonly<Record<string, string>>, data: string): string {
  const lines = Object.entries(settings).map(([name, value]) => `  export ${name}='${value}'`);
  return `The Key Vault emulator is ready at ${settings.KEY_VAULT_URL}

${lines.join("\n")}

  new SecretClient(process.env.KEY_VAULT_URL, new ManagedIdentityCredential(), { disableChallengeResourceVerification: true })

The identity's client id is ${localIdentity.clientId}. Data in ${data}. Ctrl-C stops it.
How it differs from Azure: local/key-vault/README.md
`;
}
