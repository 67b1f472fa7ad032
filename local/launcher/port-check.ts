import { execFile } from "node:child_process";
import { createServer } from "node:net";
import process from "node:process";
import { promisify } from "node:util";
import { HOST } from "@headrace/emulators/kit/listen.ts";
import { findLinuxListener } from "./proc-net.ts";
import { serviceNames } from "./service-names.ts";
import { StackError } from "./stack-error.ts";

/**
 * Throws a {@link StackError} that names every taken port of the list, and the process that has it. Port 0 is always
 * free.
 */
export async function checkPorts(wanted: Readonly<Record<string, number>>): Promise<void> {
  const seen = new Map<number, string>();
  const problems: string[] = [];
  for (const [flag, port] of Object.entries(wanted)) {
    if (port === 0) continue;
    const other = seen.get(port);
    seen.set(port, flag);
    if (other) problems.push(`Port ${port} is given twice: ${other} and ${flag}.`);
    else if (!(await isPortFree(port))) problems.push(await describeTaken(flag, port));
  }
  if (problems.length > 0) throw new StackError(problems.join("\n"));
}

function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else if (error.code === "EACCES") reject(new StackError(`Port ${port} may not be used by this user.`));
      else reject(error);
    });
    probe.listen({ port, host: HOST, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

async function describeTaken(flag: string, port: number): Promise<string> {
  const holder = await findHolder(port);
  return `Port ${port} (${flag}) is taken by ${holder}. Stop it, or choose another port: ${flag} N (0 = any free one).`;
}

async function findHolder(port: number): Promise<string> {
  const found = process.platform === "linux" ? findLinuxListener(port) : await askLsof(port);
  if (!found) return "another process";
  const kind = isHeadrace(found.command) ? "another Headrace" : "another process";
  return `${kind} (process ${found.pid}: ${shorten(found.command)})`;
}

/** By the script that a process runs: Azurite's preload, the main of an emulator, or its name in 0.1.0. */
function isHeadrace(command: string): boolean {
  const script = /local[\\/](?:launcher[\\/]services[\\/]([\w-]+)|([\w-]+)[\\/]main)\.ts|end-with-parent\.ts/.exec(
    command,
  );
  const name = script?.[1] ?? script?.[2];
  return script !== null && (name === undefined || serviceNames.some((known) => known === name));
}

function shorten(command: string): string {
  return command.length > 100 ? `${command.slice(0, 99)}…` : command;
}

/** macOS, or a Linux without /proc: lsof prints `p<pid>` and `c<command>` lines. */
async function askLsof(port: number): Promise<{ pid: number; command: string } | undefined> {
  try {
    const { stdout } = await promisify(execFile)("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"]);
    const pid = /^p(\d+)$/m.exec(stdout)?.[1];
    if (!pid) return undefined;
    const { stdout: command } = await promisify(execFile)("ps", ["-o", "command=", "-p", pid]);
    return { pid: Number(pid), command: command.trim() };
  } catch {
    return undefined;
  }
}
