import { join } from "node:path";
import process from "node:process";
import type { ServiceName } from "../../local/launcher/service-names.ts";
import { type CleanUp, eventually, type RunningCommand, root, startCommand } from "./support.ts";

export const app = join(root, "test/cli/app");
/** With keys, so that a test can easily look into the services. */
export const freePorts = [
  "--access",
  "connection-strings",
  "--port",
  "0",
  "--cosmos-port",
  "0",
  "--event-hubs-port",
  "0",
  "--blob-port",
  "0",
  "--queue-port",
  "0",
  "--key-vault-port",
  "0",
  "--managed-identity-port",
  "0",
  "--openid-provider-port",
  "0",
];

export interface ReadyLine {
  readonly ready: true;
  readonly baseUrl: string;
  readonly cosmos: { readonly endpoint: string; readonly key: string };
  readonly eventHubs: { readonly endpoint: string; readonly connectionString: string };
  readonly storage: {
    readonly blobEndpoint: string;
    readonly queueEndpoint: string;
    readonly connectionString: string;
  };
  readonly orgs: readonly { readonly id: string; readonly name: string; readonly apiKey: string }[];
  readonly pids: Record<ServiceName, number>;
  readonly keyVault: { readonly endpoint: string };
}

export function start(
  state: string,
  flags: readonly string[] = [],
  cleanUp?: CleanUp,
  through: readonly string[] = [],
): RunningCommand {
  return startCommand("start", ["--state", state, "--app", app, ...freePorts, ...flags], { through }, cleanUp);
}

export async function startReady(
  state: string,
  flags: readonly string[] = [],
  cleanUp?: CleanUp,
  through: readonly string[] = [],
): Promise<{ command: RunningCommand; ready: ReadyLine }> {
  const command = start(state, ["--json", ...flags], cleanUp, through);
  const line = await Promise.race([
    eventually(() => command.stdout().includes("\n") && command.stdout(), "the ready line", 50_000),
    command.finished.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`))),
  ]);
  return { command, ready: JSON.parse(line) as ReadyLine };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function expectAllGone(pids: Record<string, number>): Promise<void> {
  for (const [name, pid] of Object.entries(pids))
    await eventually(() => !isAlive(pid), `${name} (${pid}) is gone`, 15_000);
}
