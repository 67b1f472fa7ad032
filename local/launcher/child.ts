import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { type LogFile, openLogFile } from "./log-file.ts";
import { StackError } from "./stack-error.ts";

/** The contents of a service's ready line. */
export interface Ready {
  readonly endpoint?: string;
  readonly key?: string;
  readonly connectionString?: string;
  readonly baseUrl?: string;
  readonly functions?: readonly unknown[];
}

export interface ChildSpec {
  readonly name: string;
  /** The arguments of Node: its own flags, the script, the script's flags. */
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Takes stderr, and stdout once the child is ready. */
  readonly logFile: string;
  /** Looks at one line of stdout. Gives the child's ready line once it is ready, until then `undefined`. */
  readonly parseReady: (line: string) => Ready | undefined;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Rejects with a {@link StackError} that shows the end of the log when the child ends before it is ready. */
  readonly ready: Promise<Ready>;
  readonly exited: Promise<ExitStatus>;
  hasExited(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Tells the child something over its IPC channel. */
  tell(message: object): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Resolves when the child says this over its IPC channel, has ended, or has said nothing in so many milliseconds. */
  says(isIt: (message: unknown) => boolean, withinMs: number): Promise<void>;
}

const readyDeadlineMs = 60_000;

/**
 * Starts a Node process in a group of its own. Ctrl-C in a terminal goes to the whole foreground group. The launcher
 * must be the only one to hear it, since the order in which services end matters. The IPC channel tells the child when
 * the launcher is gone, however it went. `onLogLost` is called with the reason when its log cannot be written.
 */
export function spawnChild(spec: ChildSpec, onLogLost: (reason: string) => void = () => undefined): Child {
  const log = openLogFile(spec.logFile, onLogLost);
  const child = spawn(process.execPath, spec.nodeArgs, {
    detached: true,
    env: spec.env,
    stdio: ["ignore", "pipe", log.target, "ipc"],
  });
  let gone = false;
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  }).then((status) => {
    gone = true;
    return status;
  });
  const ready = awaitReady(child, spec, log, exited);
  // A caller that awaits it sees the failure. One that stops the stack first must not die of it.
  ready.catch(() => undefined);
  return {
    name: spec.name,
    pid: child.pid ?? 0,
    ready,
    exited,
    hasExited: () => gone,
    signal: (signal) => {
      if (!gone) child.kill(signal);
    },
    tell: (message) => {
      if (!gone && child.connected) child.send(message);
    },
    onMessage: (listener) => {
      child.on("message", listener);
    },
    says: async (isIt, withinMs) => {
      let listener: (message: unknown) => void = () => undefined;
      let timer: NodeJS.Timeout | undefined;
      const said = new Promise<void>((resolve) => {
        listener = (message) => {
          if (isIt(message)) resolve();
        };
        timer = setTimeout(resolve, withinMs);
      });
      child.on("message", listener);
      await Promise.race([said, exited]);
      clearTimeout(timer);
      child.off("message", listener);
    },
  };
}

async function awaitReady(
  child: ChildProcess,
  spec: ChildSpec,
  log: LogFile,
  exited: Promise<ExitStatus>,
): Promise<Ready> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new StackError(`${spec.name} was not ready after ${readyDeadlineMs / 1000} s.${describeLog(spec)}`));
    }, readyDeadlineMs);
  });
  const ended = exited.then((status): never => {
    throw new StackError(`${spec.name} ended before it was ready: ${describeExit(status)}.${describeLog(spec)}`);
  });
  ended.catch(() => undefined);
  try {
    return await Promise.race([readReadyLine(child, spec, log), ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Before the child is ready its stdout is read for the ready line; everything it prints is kept in its log. */
function readReadyLine(child: ChildProcess, spec: ChildSpec, log: LogFile): Promise<Ready> {
  return new Promise((resolve) => {
    if (!child.stdout) return;
    const lines = createInterface({ input: child.stdout });
    let ready: Ready | undefined;
    lines.on("line", (line) => {
      if (ready) log.write(line);
      ready ??= spec.parseReady(line);
      if (ready) resolve(ready);
    });
    lines.on("close", () => log.close());
  });
}

/** "killed by SIGKILL", "exit code 1". */
export function describeExit(status: ExitStatus): string {
  if (status.signal) return `killed by ${status.signal}`;
  return status.code === null ? "it could not be started" : `exit code ${status.code}`;
}

/** The last lines of a service's log, indented, with the file's name; empty when it wrote nothing. */
export function describeLog(spec: Pick<ChildSpec, "logFile">, count = 15): string {
  let text: string;
  try {
    text = readFileSync(spec.logFile, "utf8");
  } catch {
    return "";
  }
  const lines = text.trimEnd().split("\n").slice(-count);
  if (lines.join("") === "") return "";
  return ` Its log (${spec.logFile}) ends with:\n${lines.map((line) => `    ${line}`).join("\n")}`;
}
