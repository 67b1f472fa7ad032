import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import type { ChildSpec, Ready } from "../child.ts";
import { host } from "../port-check.ts";
import type { Trust } from "../trust.ts";

/** The services in the order in which they are shown. The Functions host ends first, the others after it. */
export const serviceNames = [
  "functions-host",
  "cosmos",
  "event-hubs",
  "blob",
  "queue",
  "key-vault",
  "managed-identity",
  "openid-provider",
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** A second Functions host on the same services is there only while someone wants it, on any free port. */
export const secondHost = "second-host";
export type ProcessName = ServiceName | typeof secondHost;

/** TCP ports by service; 0 takes any free one. */
export type Ports = Readonly<Record<ServiceName, number>>;

export const defaultPorts: Ports = {
  "functions-host": 7071,
  cosmos: 8081,
  "event-hubs": 5672,
  blob: 10000,
  queue: 10001,
  "key-vault": 8443,
  "managed-identity": 8442,
  "openid-provider": 7072,
};
export const freePorts = Object.fromEntries(serviceNames.map((name) => [name, 0])) as Ports;

export const projectRoot = join(import.meta.dirname, "../../..");

/** The state folder of commands that are given none: the same wherever they are called from. */
export const defaultStateDir = join(projectRoot, ".headrace");

/** Azurite's own account and key, the same on every machine: https://github.com/Azure/Azurite#default-storage-account */
export const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export function storageConnectionString(ports: Pick<Ports, "blob" | "queue">): string {
  return [
    "DefaultEndpointsProtocol=http",
    `AccountName=${account}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=http://${host}:${ports.blob}/${account}`,
    `QueueEndpoint=http://${host}:${ports.queue}/${account};`,
  ].join(";");
}

/** How the product reaches its services: as it is deployed, or with the emulators' well-known keys, as Core Tools users do. */
export const accesses = ["managed-identity", "connection-strings"] as const;
export type Access = (typeof accesses)[number];

export interface SpecContext {
  readonly access: Access;
  readonly stateDir: string;
  readonly ports: Ports;
  readonly appDir: string;
  /** Environment of the Functions host, which are the app's settings. */
  readonly hostEnv: Readonly<Record<string, string>>;
  readonly hostArgs: readonly string[];
  readonly trust: Trust;
  /** Every service gets a clock that can be set. */
  readonly clock: boolean;
  /** A file for a line about each request to Cosmos DB. */
  readonly cosmosRequestLog?: string;
}

const clockArgs = ["--import", new URL("../clock/shift-date.ts", import.meta.url).href];

/** How to start a service. `ports` decides: once the real ones are known, the same call gives the spec of a restart. */
export function specify(name: ProcessName, context: SpecContext): ChildSpec {
  const spec = specifyWithoutClock(name, context);
  return context.clock ? { ...spec, nodeArgs: [...clockArgs, ...spec.nodeArgs] } : spec;
}

function specifyWithoutClock(name: ProcessName, context: SpecContext): ChildSpec {
  const { stateDir, ports } = context;
  const logFile = join(stateDir, "logs", `${name}.log`);
  const port = String(name === secondHost ? 0 : ports[name]);
  const own = { name, logFile, env: baseEnv(), parseReady: parseReadyLine };
  const tls = context.access === "managed-identity" ? tlsArgs(context.trust) : [];
  switch (name) {
    case "cosmos":
      return {
        ...own,
        nodeArgs: [
          ...[script("cosmos"), "--port", port, "--data", join(stateDir, "cosmos"), ...tls],
          ...(context.cosmosRequestLog === undefined ? [] : ["--request-log", context.cosmosRequestLog]),
        ],
      };
    case "event-hubs":
      return {
        ...own,
        nodeArgs: [
          script("event-hubs"),
          "--port",
          port,
          "--data",
          join(stateDir, "event-hubs"),
          "--hub",
          "events:4:audit",
          ...tls,
        ],
      };
    case "key-vault":
      return { ...own, nodeArgs: keyVaultArgs(port, join(stateDir, "key-vault"), context.trust) };
    case "managed-identity":
      return {
        ...own,
        env: { ...baseEnv(), IDENTITY_HEADER: context.trust.identityHeader },
        nodeArgs: [script("managed-identity"), "--port", port, "--data", join(stateDir, "managed-identity")],
      };
    case "openid-provider":
      return {
        ...own,
        env: { ...baseEnv(), OPENID_CLIENT_SECRET: context.trust.openidSecret },
        nodeArgs: [script("openid-provider"), "--port", port],
      };
    case "functions-host":
    case secondHost:
      return {
        ...own,
        env: { ...baseEnv(), ...context.hostEnv },
        nodeArgs: [script("functions-host"), "--app", context.appDir, "--port", port, ...context.hostArgs],
      };
    case "blob":
    case "queue":
      return {
        ...own,
        env: { ...baseEnv(), HEADRACE_TOKEN_KEYS: context.trust.tokenKeys.verifying },
        nodeArgs: azuriteArgs(name, port, context),
        parseReady: parseAzuriteLine,
      };
  }
}

/** The port a service listens on, from what it said when it was ready. */
export function readPort(ready: Ready): number {
  const url = new URL(ready.endpoint ?? ready.baseUrl ?? "");
  return Number(url.port);
}

function script(folder: string): string {
  return join(import.meta.dirname, `${folder}.ts`);
}

/** Also for a vault that runs alone. */
export function keyVaultArgs(
  port: string,
  dataDir: string,
  { certificate, tokenKeys }: Pick<Trust, "certificate" | "tokenKeys">,
): string[] {
  return [
    ...[script("key-vault"), "--port", port, "--data", dataDir],
    ...["--cert", certificate.cert, "--key", certificate.key, "--token-keys", tokenKeys.verifying],
  ];
}

/** TLS and access tokens, and nothing beside them: as the deployed accounts are. */
function tlsArgs({ certificate, tokenKeys }: Trust): string[] {
  const { cert, key } = certificate;
  return ["--tls-cert", cert, "--tls-key", key, "--token-keys", tokenKeys.verifying, "--disable-keys"];
}

function azuriteArgs(service: "blob" | "queue", port: string, { stateDir, access, trust }: SpecContext): string[] {
  const azurite = dirname(createRequire(import.meta.url).resolve("azurite/package.json"));
  const withTokens = access === "managed-identity";
  const { cert, key } = trust.certificate;
  return [
    ...["--import", new URL("./end-with-parent.ts", import.meta.url).href],
    ...(withTokens ? ["--import", new URL("./require-tokens.ts", import.meta.url).href] : []),
    join(azurite, "dist/src", service, "main.js"),
    ...["--location", join(stateDir, "azurite", service)],
    ...[`--${service}Host`, host, `--${service}Port`, port],
    ...["--silent", "--skipApiVersionCheck", "--disableTelemetry"],
    ...(withTokens ? ["--oauth", "basic", "--cert", cert, "--key", key] : []),
  ];
}

/** "Azurite Queue service successfully listens on http://127.0.0.1:10001" */
function parseAzuriteLine(line: string): Ready | undefined {
  const endpoint = /successfully listens on (https?:\S+)/.exec(line)?.[1];
  return endpoint ? { endpoint } : undefined;
}

function parseReadyLine(line: string): Ready | undefined {
  if (!line.startsWith("{")) return undefined;
  const said: unknown = JSON.parse(line);
  return typeof said === "object" && said !== null && "ready" in said ? (said as Ready) : undefined;
}

/**
 * What a service gets of the user's environment: little, so that a COSMOS_ENDPOINT or AZURE_CLIENT_ID set for some other
 * work cannot lead the local product elsewhere, and no credential that is meant for commands. The compile cache takes a third off the start (Azurite: 1.4 s to 0.95 s).
 */
function baseEnv(): Record<string, string> {
  const kept =
    /^(HEADRACE_(?!URL$|API_KEY$|OPERATOR_TOKEN$).*|NODE_.*|PATH|HOME|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|SystemRoot|USERPROFILE|APPDATA)$/i;
  const own = Object.entries(process.env).filter((entry): entry is [string, string] => {
    return kept.test(entry[0]) && entry[1] !== undefined;
  });
  return { NODE_COMPILE_CACHE: join(projectRoot, "node_modules/.cache/headrace"), ...Object.fromEntries(own) };
}
