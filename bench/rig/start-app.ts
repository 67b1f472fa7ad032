import { join } from "node:path";
import { createLocalOrgs } from "../../cli/local-orgs.ts";
import { backgroundFunctions } from "../../functions/triggers.ts";
import { spawnChild } from "../../local/launcher/child.ts";
import { freePorts } from "../../local/launcher/ports.ts";
import { specify } from "../../local/launcher/specify.ts";
import { type Stack, type StackOptions, startStack } from "../../local/launcher/stack.ts";
import { prepareTrust } from "../../local/launcher/trust.ts";
import type { Rig } from "./rig.ts";
import { end } from "./start-rival.ts";

/** A function app with emulators of its own. */
export interface RunningApp {
  readonly stack: Stack;
  readonly baseUrl: string;
  /** Makes an org and gives its API key. */
  makeOrg(name: string): Promise<string>;
}

/** The product, or the plain way: whole function apps that are started alike. */
export interface AppOptions {
  readonly appDir: string;
  readonly chaos?: NonNullable<StackOptions["chaos"]>;
  readonly cosmosArgs?: readonly string[];
}

/** The whole app in one host, as `npm start` runs it. */
export async function startApp(rig: Rig, options: AppOptions, env: Record<string, string> = {}): Promise<RunningApp> {
  const stack = await startStack({ stateDir: rig.makeDir(), fresh: true, env, ...options });
  rig.onClose(() => stack.stop());
  return {
    stack,
    baseUrl: stack.baseUrl,
    makeOrg: async (name) =>
      (await createLocalOrgs({ baseUrl: stack.baseUrl, maxWaitMs: 30_000 }, stack.stateDir).ensure(name)).apiKey,
  };
}

/**
 * The app in two hosts, as Azure's Flex Consumption scales it: instances for HTTP and others for everything else. The
 * first has its other functions disabled; the second stands still until it is told to work.
 */
export interface SplitApp extends RunningApp {
  readonly pids: Readonly<Record<"ingest host" | "worker host" | "cosmos" | "event-hubs" | "blob" | "queue", number>>;
  /** SIGSTOP and SIGCONT to the second host. */
  rest(): void;
  work(): void;
  /** Before the rig ends it: a figure that starts several. */
  stop(): Promise<void>;
}

export async function startSplitApp(rig: Rig, options: AppOptions, triggers: readonly string[]): Promise<SplitApp> {
  const disabled = Object.fromEntries(triggers.map((name) => [`AzureWebJobs.${name}.Disabled`, "true"]));
  const app = await startApp(rig, options, disabled);
  const { stack } = app;
  const hostEnv = Object.fromEntries(Object.entries(stack.env).filter(([name]) => !(name in disabled)));
  const context = {
    stateDir: stack.stateDir,
    ports: freePorts,
    appDir: options.appDir,
    hostEnv,
    hostArgs: [],
    cosmosArgs: [],
    clock: false,
    access: stack.access,
    trust: await prepareTrust(stack.stateDir),
  };
  const logFile = join(stack.stateDir, "logs/worker-host.log");
  const worker = spawnChild({ ...specify("functions-host", context), logFile });
  rig.onClose(() => end(worker));
  await worker.ready;
  const { "functions-host": ingest, ...emulators } = stack.pids();
  return {
    ...app,
    pids: { "ingest host": ingest, "worker host": worker.pid, ...emulators },
    rest: () => worker.signal("SIGSTOP"),
    work: () => worker.signal("SIGCONT"),
    stop: async () => {
      await end(worker);
      await stack.stop();
    },
  };
}

/** The first host keeps the rotation: a new app has no key before its first run. */
export const productTriggers = backgroundFunctions.filter((name) => name !== "rotate-secrets");
export const plainTriggers = ["store"] as const;
export const plainDir = join(import.meta.dirname, "../rivals/plain-way");
