import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { UsageError } from "../../cli/command.ts";

export interface RunningProduct {
  readonly baseUrl: string;
  readonly operatorKey: string;
  stop(): Promise<void>;
}

/** The command of this commit, and of 0.1.0. */
const commands = ["cli/headrace.cjs", "local/cli/headrace.cjs"];

const ports = ["", "cosmos-", "event-hubs-", "blob-", "queue-", "key-vault-", "managed-identity-", "openid-provider-"];

/** How the `headrace` of a checkout is run: its own Node, then its command. */
export function findCommand(productDir: string): readonly [node: string, script: string] {
  const script = commands.map((path) => join(productDir, path)).find(existsSync);
  const node = join(productDir, "node_modules/.bin/node");
  if (script !== undefined && existsSync(node)) return [node, script];
  throw new UsageError(`--product must be a checkout of Headrace after \`npm install\`, not ${productDir}.`);
}

/** Without the settings of the person who records, which would be the product's as well. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HEADRACE_|npm_)/.test(name)));
}

/** Starts the whole product of a checkout, on free ports and with a state of its own. */
export async function startProduct(productDir: string): Promise<RunningProduct> {
  const [node, script] = findCommand(productDir);
  const stateDir = await mkdtemp(join(tmpdir(), "headrace-record-"));
  const args = ["start", "--json", "--state", stateDir, ...ports.flatMap((name) => [`--${name}port`, "0"])];
  const child = spawn(node, [script, ...args], {
    cwd: productDir,
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Also when the recording ends by a defect.
  const kill = (): boolean => child.kill("SIGTERM");
  process.once("exit", kill);
  const stop = async (): Promise<void> => {
    const ended = child.exitCode === null ? once(child, "exit") : undefined;
    kill();
    await ended;
    process.off("exit", kill);
    await rm(stateDir, { recursive: true, force: true });
  };
  try {
    const { baseUrl } = JSON.parse(await readFirstLine(child)) as { baseUrl: string };
    return { baseUrl, operatorKey: await readFile(join(stateDir, "operator-key"), "utf8"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readFirstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error("its output is not read");
  for await (const line of createInterface(stdout)) return line;
  throw new Error("the product ended before it was ready");
}
