import { join } from "node:path";
import { settings } from "../../shared/config.ts";
import { eventHub } from "../../shared/store/resources.ts";
import { specifyAzurite } from "./azurite/specify-azurite.ts";
import type { ChildSpec, Ready } from "./child.ts";
import { logFileOf } from "./logs.ts";
import { serviceEnv } from "./service-env.ts";
import { type ProcessName, secondHost } from "./service-names.ts";
import type { SpecContext } from "./spec-context.ts";
import type { Trust } from "./trust.ts";

/** As the emulator's `--hub` takes it: with its partitions and groups. */
const HUB = `${eventHub.name}:4:${Object.values(eventHub.consumerGroups).join()}`;

const clockArgs = ["--import", new URL("./clock/shift-date.ts", import.meta.url).href];

/** How to start a service. `ports` decides: once the real ones are known, the same call gives the spec of a restart. */
export function specify(name: ProcessName, context: SpecContext): ChildSpec {
  const logFile = logFileOf(context.stateDir, name);
  const own = { name, logFile, env: serviceEnv(), parseReady: parseReadyLine };
  const spec: ChildSpec = { ...own, ...specifyProcess(name, context) };
  return context.clock ? { ...spec, nodeArgs: [...clockArgs, ...spec.nodeArgs] } : spec;
}

/** The special parts of its spec: always its arguments, and the parts that differ from other services'. */
type Special = Pick<ChildSpec, "nodeArgs"> & Partial<ChildSpec>;

function specifyProcess(name: ProcessName, context: SpecContext): Special {
  const { stateDir, ports, trust } = context;
  const port = String(name === secondHost ? 0 : ports[name]);
  const stored = ["--port", port, "--data", join(stateDir, name)];
  switch (name) {
    case "cosmos":
      return { nodeArgs: [scriptOf(name), ...stored, ...tlsArgs(context), ...context.cosmosArgs] };
    case "event-hubs":
      return { nodeArgs: [scriptOf(name), ...stored, "--hub", HUB, ...tlsArgs(context)] };
    case "key-vault":
      return { nodeArgs: keyVaultArgs(port, join(stateDir, name), trust) };
    case "managed-identity":
      return {
        env: { ...serviceEnv(), IDENTITY_HEADER: trust.identityHeader },
        nodeArgs: [scriptOf(name), ...stored],
      };
    case "openid-provider":
      return {
        env: { ...serviceEnv(), OPENID_CLIENT_SECRET: trust.openidSecret },
        nodeArgs: [scriptOf(name), "--port", port],
      };
    case "functions-host":
    case secondHost:
      return specifyHost(port, context);
    case "blob":
    case "queue":
      return specifyAzurite(name, port, context);
  }
}

function specifyHost(port: string, { appDir, hostEnv, hostArgs, trust }: SpecContext): Special {
  const env = { ...serviceEnv(), ...hostEnv };
  // A page in a browser may post here too: what the product would refuse by its length is not even read.
  const { data: maxBody } = settings.shape.HEADRACE_MAX_BODY_BYTES.safeParse(env.HEADRACE_MAX_BODY_BYTES);
  const bodyArgs = maxBody === undefined ? [] : ["--max-body", String(maxBody)];
  return {
    env: { ...env, HOST_ADMIN_KEY: trust.adminKey },
    nodeArgs: [scriptOf("functions-host"), "--app", appDir, "--port", port, ...bodyArgs, ...hostArgs],
  };
}

/** The main of an emulator. */
export function scriptOf(name: ProcessName): string {
  return join(import.meta.dirname, "services", `${name}.ts`);
}

/** Also for a vault that runs alone. */
export function keyVaultArgs(
  port: string,
  dataDir: string,
  { certificate, tokenKeys }: Pick<Trust, "certificate" | "tokenKeys">,
): string[] {
  return [
    ...[scriptOf("key-vault"), "--port", port, "--data", dataDir],
    ...["--cert", certificate.cert, "--key", certificate.key, "--token-keys", tokenKeys.verifying],
  ];
}

/** TLS and access tokens, and no other way in: as for the deployed accounts. */
function tlsArgs({ access, trust: { certificate, tokenKeys } }: SpecContext): string[] {
  if (access !== "managed-identity") return [];
  const { cert, key } = certificate;
  return ["--tls-cert", cert, "--tls-key", key, "--token-keys", tokenKeys.verifying, "--disable-keys"];
}

function parseReadyLine(line: string): Ready | undefined {
  if (!line.startsWith("{")) return undefined;
  const said: unknown = JSON.parse(line);
  return typeof said === "object" && said !== null && "ready" in said ? (said as Ready) : undefined;
}
