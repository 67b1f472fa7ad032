import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { onTestFinished } from "vitest";
import { PATIENCE } from "../support/until.ts";

export const root = join(import.meta.dirname, "../..");

/** Takes the work to be done when a resource is not needed any more. */
export type CleanUp = (end: () => void) => void;

/** A folder of the test's own, removed at its end. */
export function makeFolder(cleanUp: CleanUp = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "headrace-"));
  cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout(): string;
  stderr(): string;
}

interface StartOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** The words of a command that runs this one in its place (`exec`). */
  readonly through?: readonly string[];
}

/** Starts one of the commands as a user would; it is killed if it outlives the test. */
export function startCommand(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
  cleanUp: CleanUp = onTestFinished,
): RunningCommand {
  const { PATH = "", HOME = "", NODE_COMPILE_CACHE = "" } = process.env;
  const words = [...(options.through ?? []), process.execPath, join(root, "cli/headrace.cjs"), command, ...args];
  const child = spawn(words[0] ?? "", words.slice(1), {
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...options.env },
    stdio: "pipe",
  });
  cleanUp(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  const finished = new Promise<Finished>((resolve) => {
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, finished, stdout: () => stdout, stderr: () => stderr };
}

export function runCommandToEnd(command: string, args: readonly string[], options?: StartOptions) {
  return startCommand(command, args, options).finished;
}

/** Polls until `read` gives something. */
export async function eventually<T>(read: () => T | undefined | false, what: string, deadlineMs = 30_000): Promise<T> {
  const deadline = Date.now() + PATIENCE * deadlineMs;
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE * deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface StubServer {
  readonly url: string;
  readonly requests: {
    readonly at: number;
    readonly path: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: Buffer;
  }[];
}

type Handler = (request: { path: string; body: Buffer }, response: ServerResponse, count: number) => void;

/** A real HTTP server that answers as the test says. Concurrent tests pass the `onTestFinished` of their own. */
export async function serveStub(handler: Handler, cleanUp: CleanUp = onTestFinished): Promise<StubServer> {
  const requests: StubServer["requests"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const path = request.url ?? "";
      requests.push({ at: Date.now(), path, headers: request.headers, body });
      handler({ path, body }, response, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
