import { resolve } from "node:path";
import process from "node:process";
import { type Access, accesses } from "../local/launcher/access.ts";
import { makeDemoPeople } from "../local/launcher/demo-people.ts";
import { type ProfileName, profileNames } from "../local/launcher/faults/profiles.ts";
import { defaultPorts, type Ports } from "../local/launcher/ports.ts";
import { defaultStateDir, projectRoot } from "../local/launcher/project.ts";
import type { ServiceName } from "../local/launcher/service-names.ts";
import { type Stack, type StackOptions, startStack } from "../local/launcher/stack.ts";
import { type Org, readOrgs } from "../local/launcher/state.ts";
import type { UnexpectedExit } from "../local/launcher/supervisor.ts";
import { type Command, parseFlags, readPortFlag, UsageError } from "./command.ts";
import { createLocalOrgs } from "./local-orgs.ts";
import { stopWithNpm } from "./stop-with-npm.ts";
import { describeStart, startHelp } from "./welcome.ts";

const flags = {
  port: { type: "string" },
  "cosmos-port": { type: "string" },
  "event-hubs-port": { type: "string" },
  "blob-port": { type: "string" },
  "queue-port": { type: "string" },
  "key-vault-port": { type: "string" },
  "managed-identity-port": { type: "string" },
  "openid-provider-port": { type: "string" },
  state: { type: "string" },
  access: { type: "string" },
  app: { type: "string" },
  fresh: { type: "boolean", default: false },
  chaos: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** `headrace start` */
export const start: Command = { help: startHelp, run: runStart };

async function runStart(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags);
  const began = performance.now();
  // Its output may be on the disk that is full, or its reader gone: that is no reason to end what runs.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => undefined);
  const stopping = listenForSignals();
  const crash = Promise.withResolvers<UnexpectedExit>();
  const profile = values.chaos === undefined ? undefined : readProfile(values.chaos);
  const options: StackOptions = {
    stateDir: resolve(values.state ?? defaultStateDir),
    appDir: resolve(values.app ?? projectRoot),
    fresh: values.fresh,
    access: readAccess(values.access, values.chaos !== undefined),
    ports: readPorts(values),
    signal: stopping.signal,
    onUnexpectedExit: crash.resolve,
    onHostShutDown: sayOnce(),
    onUnwritable: (message) => process.stderr.write(`headrace: ${message}\n`),
    ...(profile === undefined ? {} : { chaos: { profile: "off", seed: Date.now() % 1_000_000 } }),
  };
  if (!values.json) process.stderr.write("Starting Headrace …\n");
  const stack = await startStack(options).catch((error: unknown) => {
    if (stopping.signal.aborted) return undefined;
    throw error;
  });
  if (!stack) return 0;
  return runUntil(Promise.race([crash.promise, stopping.requested]), stack, async (signal) => {
    await makeDemo(stack, signal);
    if (profile !== undefined) stack.faults?.set(profile);
    const orgs = readOrgs(stack.stateDir);
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(values.json ? describeAsJson(stack, orgs) : describeStart(stack, orgs, seconds));
  });
}

/** A host may shut itself down again and again; it is said the first time. */
function sayOnce(): (exit: UnexpectedExit) => void {
  let said = false;
  return ({ message }) => {
    if (!said) process.stderr.write(`headrace: ${message}\nAs on Azure, another host is started.\n`);
    said = true;
  };
}

/** Gets the product ready and lets it run until `end`: a crash, or nothing when someone asked for the end. */
async function runUntil(
  end: Promise<UnexpectedExit | undefined>,
  stack: Stack,
  getReady: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const over = new AbortController();
  try {
    await Promise.race([getReady(over.signal), end]);
    const crashed = await end;
    process.stderr.write(crashed ? `headrace: ${crashed.message}\nStopping the rest …\n` : "\nStopping …\n");
    return crashed ? 1 : 0;
  } finally {
    over.abort();
    await stack.stop();
    process.stderr.write("Stopped.\n");
  }
}

type Flag = "port" | `${Exclude<ServiceName, "functions-host">}-port`;

function readPorts(values: Partial<Record<Flag, string>>): Ports {
  const read = (flag: Flag, initial: number): number => {
    const text = values[flag];
    return text === undefined ? initial : readPortFlag(`--${flag}`, text);
  };
  return {
    "functions-host": read("port", defaultPorts["functions-host"]),
    cosmos: read("cosmos-port", defaultPorts.cosmos),
    "event-hubs": read("event-hubs-port", defaultPorts["event-hubs"]),
    blob: read("blob-port", defaultPorts.blob),
    queue: read("queue-port", defaultPorts.queue),
    "key-vault": read("key-vault-port", defaultPorts["key-vault"]),
    "managed-identity": read("managed-identity-port", defaultPorts["managed-identity"]),
    "openid-provider": read("openid-provider-port", defaultPorts["openid-provider"]),
  };
}

/** The first SIGINT, SIGTERM or SIGHUP asks for a graceful end; the second one gives up on grace. */
function listenForSignals(): { signal: AbortSignal; requested: Promise<undefined> } {
  const controller = new AbortController();
  const requested = Promise.withResolvers<undefined>();
  const stop = (): void => {
    controller.abort();
    requested.resolve(undefined);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // The services see the IPC channel close and end by themselves.
      if (controller.signal.aborted) process.exit(1);
      stop();
    });
  }
  stopWithNpm(stop);
  return { signal: controller.signal, requested: requested.promise };
}

/** The demo waits this long for an app that is slow to become ready. */
const DEMO_WAIT_MS = 30_000;

/** Orgs and people to begin with, before any fault is injected. */
async function makeDemo({ baseUrl, env, stateDir, openid }: Stack, signal: AbortSignal): Promise<void> {
  const { operator, open } = createLocalOrgs({ baseUrl, maxWaitMs: DEMO_WAIT_MS, signal }, stateDir);
  await open("demo");
  await operator.openOrg("bens-garden");
  await makeDemoPeople(env, openid.issuer, stateDir);
}

function describeAsJson(stack: Stack, orgs: readonly Org[]): string {
  const { baseUrl, cosmos, eventHubs, storage, keyVault, identity, stateDir } = stack;
  const services = { cosmos, eventHubs, storage, keyVault, identity };
  return `${JSON.stringify({ ready: true, baseUrl, ...services, stateDir, orgs, pids: stack.pids() })}\n`;
}

/** As deployed, unless told otherwise; faults of storage need connection strings. */
function readAccess(text: string | undefined, withChaos: boolean): Access {
  if (text === undefined) return withChaos ? "connection-strings" : "managed-identity";
  const access = accesses.find((known) => known === text);
  if (!access) throw new UsageError(`--access must be ${accesses.join(" or ")}, not "${text}".`);
  return access;
}

function readProfile(text: string): ProfileName {
  const profile = profileNames.find((name) => name === text);
  if (!profile) throw new UsageError(`--chaos must be one of ${profileNames.join(", ")}, not "${text}".`);
  return profile;
}
