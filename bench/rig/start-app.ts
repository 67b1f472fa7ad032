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

/** Three hosts, all at work. */
export interface SpreadApp extends RunningApp {
  readonly pids: Readonly<Record<"bulk host", number>> & SplitApp["pids"];
  /** Before the rig ends it: a figure that starts several. */
  stop(): Promise<void>;
}

export async function startSplitApp(rig: Rig, options: AppOptions, triggers: readonly string[]): Promise<SplitApp> {
  const app = await startApp(rig, options, disable(triggers));
  const { stack } = app;
  const worker = await startHost(rig, stack, options.appDir, { name: "worker-host" });
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

const BULK = "persist-bulk";

/** The product in three hosts: the lane for bulk has instances of its own too. */
export async function startSpreadProduct(rig: Rig, options: Omit<AppOptions, "appDir">): Promise<SpreadApp> {
  const { bundleDir: appDir } = rig;
  const app = await startApp(rig, { ...options, appDir }, disable(productTriggers));
  const others = backgroundFunctions.filter((name) => name !== BULK);
  const worker = await startHost(rig, app.stack, appDir, { name: "worker-host", disabled: [BULK] });
  const bulk = await startHost(rig, app.stack, appDir, { name: "bulk-host", disabled: others });
  const { "functions-host": ingest, ...emulators } = app.stack.pids();
  return {
    ...app,
    pids: { "ingest host": ingest, "worker host": worker.pid, "bulk host": bulk.pid, ...emulators },
    stop: async () => {
      await Promise.all([end(worker), end(bulk)]);
      await app.stack.stop();
    },
  };
}

const disable = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`AzureWebJobs.${name}.Disabled`, "true"]));

interface HostOptions {
  /** Of its log. */
  readonly name: string;
  /** Functions that it does not run. */
  readonly disabled?: readonly string[];
}

/** A further host of an app that runs, with all functions but those that are disabled. */
async function startHost(rig: Rig, stack: Stack, appDir: string, { name, disabled = [] }: HostOptions) {
  const env = Object.entries(stack.env).filter(([setting]) => !/^AzureWebJobs\..*\.Disabled$/.test(setting));
  const context = {
    stateDir: stack.stateDir,
    ports: freePorts,
    appDir,
    hostEnv: { ...Object.fromEntries(env), ...disable(disabled) },
    hostArgs: [],
    cosmosArgs: [],
    clock: false,
    access: stack.access,
    trust: await prepareTrust(stack.stateDir),
  };
  const logFile = join(stack.stateDir, "logs", `${name}.log`);
  const host = spawnChild({ ...specify("functions-host", context), logFile });
  rig.onClose(() => end(host));
  await host.ready;
  return host;
}

/** The first host keeps the rotation: a new app has no key before its first run. */
export const productTriggers = backgroundFunctions.filter((name) => name !== "rotate-secrets");
export const plainTriggers = ["store"] as const;
export const plainDir = join(import.meta.dirname, "../rivals/plain-way");
