import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { stopWithNpm } from "./stop-with-npm.ts";

export interface EmulatorReady {
  readonly endpoint: string;
  readonly key?: string;
  readonly connectionString?: string;
}

export interface Foreground {
  readonly child: ChildProcess;
  readonly ready: Promise<EmulatorReady>;
  /** Its exit code. */
  readonly ended: Promise<number>;
}

/** The emulator's log goes to the terminal; a group of its own lets it hear Ctrl-C once. */
export function startInForeground(args: readonly string[], env: Readonly<Record<string, string>> = {}): Foreground {
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
  stopWithNpm(() => child.kill("SIGTERM"));
  const ended = new Promise<number>((resolveExit, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolveExit(code ?? 1));
  });
  return { child, ready, ended };
}
