import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { OPERATOR_KEY_PREFIX } from "../../shared/access/tokens/verify-operator.ts";
import { identifyProcess, isRunning, type ProcessIdentity } from "./process-identity.ts";
import { StackError } from "./stack-error.ts";

/** The facts that a running stack tells other commands, in `running.json` of its state folder. */
export interface Running {
  readonly launcher: ProcessIdentity;
  readonly startedAt: string;
  /** Every service's process by name. Empty while it starts. */
  readonly children: Readonly<Record<string, ProcessIdentity>>;
  /** Undefined until everything is ready. */
  readonly baseUrl?: string;
  /** The settings the product runs with, so that a command can be a second process of the same product. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Org {
  readonly id: string;
  readonly name: string;
  readonly apiKey: string;
}

/** The files that `--fresh` removes: those of Headrace, and nothing else that someone may keep in the same folder. */
const ownFiles = [
  "admin-key",
  "azurite",
  "certificate",
  "cosmos",
  "event-hubs",
  "key-vault",
  "logs",
  "managed-identity",
  "orgs.json",
  "openid-client-secret",
  "operator-key",
];

const earlierRunDeadlineMs = 15_000;

/** Undefined when nothing runs on the folder, and the last stack there ended gracefully. */
export function readRunning(stateDir: string): Running | undefined {
  return readJson<Running>(
    join(stateDir, "running.json"),
    "Remove it if no Headrace runs on this folder (`ps ax | grep headrace`).",
  );
}

/** The running stack of a state folder, or a {@link StackError} that says how to start it. */
export function requireRunning(stateDir: string): Required<Running> {
  const running = readRunning(stateDir);
  if (!running || !isRunning(running.launcher)) {
    throw new StackError(`Headrace is not running (state folder ${stateDir}). Start it with \`npm start\`.`);
  }
  const { baseUrl, env } = running;
  if (!baseUrl || !env) throw new StackError("Headrace is still starting. Try again in a few seconds.");
  return { ...running, baseUrl, env };
}

/**
 * Takes a state folder for this process. Two stacks over the same files would destroy them, so a second one is refused.
 * The services of a killed one are waited for: Azurite is then still saving the writes that it acknowledged.
 */
export async function claimState(stateDir: string): Promise<void> {
  makeStateDir(stateDir);
  const earlier = readRunning(stateDir);
  if (earlier && isRunning(earlier.launcher)) throw new StackError(describeSecondStart(stateDir, earlier));
  if (earlier) await waitForEarlierRun(earlier);
  rmSync(join(stateDir, "running.json"), { force: true });
  const claim: Running = { launcher: identifySelf(), startedAt: new Date().toISOString(), children: {} };
  try {
    createFile(join(stateDir, "running.json"), JSON.stringify(claim));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      throw describeUnwritable(join(stateDir, "running.json"), error);
    throw new StackError(describeSecondStart(stateDir, readRunning(stateDir)));
  }
}

function makeStateDir(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (["EEXIST", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw new StackError(
        `The state folder ${stateDir} is a file, or is below one. Name a folder with \`--state DIR\`; it is made when it is not there.`,
      );
    throw describeUnwritable(stateDir, error);
  }
}

const ownFolders = ["azurite/blob", "azurite/queue", "cosmos", "event-hubs", "key-vault", "managed-identity", "logs"];

/**
 * Makes the folders of a claimed state folder; `fresh` first empties it. Rejects with a {@link StackError} when its
 * contents do not belong together.
 */
export function prepareState(stateDir: string, options: { fresh: boolean }): void {
  if (options.fresh) for (const name of ownFiles) rmSync(join(stateDir, name), { recursive: true, force: true });
  refuseLostDatabase(stateDir);
  for (const name of [...ownFolders, "certificate"]) {
    const path = join(stateDir, name);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch (error) {
      if (!["EEXIST", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
        throw describeUnwritable(path, error);
      throw new StackError(`${path} must be a folder, and is a file. Move it away.`);
    }
  }
  // The state folder may be someone's own, so it stays as it is. Our own folders in it are for their owner only all the
  // same.
  for (const name of ["azurite", "cosmos", "event-hubs", "logs"]) chmodSync(join(stateDir, name), 0o700);
}

/** Orgs are made after the database, so that keys without one are of no use, and what is in the hub is of nobody. */
function refuseLostDatabase(stateDir: string): void {
  const database = join(stateDir, "cosmos/cosmos.sqlite");
  if (existsSync(database) || readOrgs(stateDir).length === 0) return;
  throw new StackError(
    `${database} is missing, and ${join(stateDir, "orgs.json")} has orgs that were in it. Put the file back, or start from nothing with \`--fresh\`, which also forgets the orgs and what is in the hub.`,
  );
}

/** Tells other commands what runs: processes by name, and the known parts of `rest`. */
export function writeRunning(stateDir: string, pids: Readonly<Record<string, number>>, rest: Partial<Running>): void {
  const children: Record<string, ProcessIdentity> = {};
  for (const [name, pid] of Object.entries(pids)) {
    const identity = identifyProcess(pid);
    if (identity) children[name] = identity;
  }
  const startedAt = readRunning(stateDir)?.startedAt ?? new Date().toISOString();
  replaceFile(
    join(stateDir, "running.json"),
    JSON.stringify({ startedAt, ...rest, launcher: identifySelf(), children }),
  );
}

/** Gives the folder back: nothing runs on it any more. */
export function releaseState(stateDir: string): void {
  rmSync(join(stateDir, "running.json"), { force: true });
}

/** The local operator's key: made once. The product is told its hash only. */
export function readOperatorKey(stateDir: string): string {
  return readOrMakeSecret(join(stateDir, "operator-key"), OPERATOR_KEY_PREFIX);
}

function readOrMakeSecret(path: string, prefix = ""): string {
  const kept = readIfThere(path);
  if (kept !== undefined && (kept === "" || !kept.startsWith(prefix)))
    throw new StackError(`${path} is empty or spoiled. Remove it: another one is made at the next start.`);
  if (kept !== undefined) return kept;
  const key = `${prefix}${randomBytes(32).toString("base64url")}`;
  replaceFile(path, key);
  return key;
}

/** The client secret that the product has at the local OpenID provider, made once. */
export function readOpenidSecret(stateDir: string): string {
  return readOrMakeSecret(join(stateDir, "openid-client-secret"));
}

/** What lets a caller of the local Functions host's `/admin/…` do something, made once. */
export function readAdminKey(stateDir: string): string {
  return readOrMakeSecret(join(stateDir, "admin-key"));
}

/** The orgs whose keys this machine knows. The product shows a key once, so it is kept here. */
export function readOrgs(stateDir: string): Org[] {
  const whatHelps = "Remove it: the orgs stay, but their keys are known here only; an admin can make others.";
  return readJson<{ orgs: Org[] }>(join(stateDir, "orgs.json"), whatHelps)?.orgs ?? [];
}

/** Keeps an org's key in place of an earlier one of the same org. */
export function rememberOrg(stateDir: string, org: Org): void {
  const others = readOrgs(stateDir).filter((known) => known.id !== org.id);
  replaceFile(join(stateDir, "orgs.json"), `${JSON.stringify({ orgs: [...others, org] }, null, 2)}\n`);
}

function identifySelf(): ProcessIdentity {
  return identifyProcess(process.pid) ?? { pid: process.pid, started: "" };
}

function describeSecondStart(stateDir: string, other: Running | undefined): string {
  const where = other?.baseUrl ? ` at ${other.baseUrl}` : "";
  return `Headrace already runs on ${stateDir}${where} (process ${other?.launcher.pid ?? "unknown"}). Stop it with Ctrl-C or \`kill ${other?.launcher.pid ?? "PID"}\`, or give this one a folder and ports of its own: \`npm start -- --state DIR --port 0 --cosmos-port 0 --event-hubs-port 0 --blob-port 0 --queue-port 0 --key-vault-port 0 --managed-identity-port 0 --openid-provider-port 0\`.`;
}

async function waitForEarlierRun(earlier: Running): Promise<void> {
  const deadline = Date.now() + earlierRunDeadlineMs;
  let left = Object.entries(earlier.children);
  while (left.length > 0) {
    left = left.filter(([, child]) => isRunning(child));
    if (left.length > 0 && Date.now() > deadline) {
      const list = left.map(([name, child]) => `${name} (process ${child.pid})`).join(", ");
      throw new StackError(`Services of an earlier run do not end: ${list}. End them with \`kill PID\`.`);
    }
    if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Undefined when the file is not there. `whatHelps` is what to do when it is spoiled. */
function readJson<T>(path: string, whatHelps: string): T | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new StackError(`${path} is ${text === "" ? "empty" : "not JSON"}, as after a power cut. ${whatHelps}`);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new StackError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Fails with EEXIST when it is there. Readers see the whole file or none: a link is made at once, a text is not. */
function createFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  try {
    linkSync(temporary, path);
  } finally {
    rmSync(temporary);
  }
}

/** Readers see the old file or the new one, never half of it. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    throw describeUnwritable(path, error);
  }
}

function describeUnwritable(path: string, error: unknown): StackError {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const why = code === "ENOSPC" ? "its disk is full" : code;
  return new StackError(`${path} cannot be written: ${why}. Mend that, or give another folder with \`--state DIR\`.`);
}
