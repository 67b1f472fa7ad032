import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { getSetting, loadLocalSettings } from "./app-settings.ts";
import { collectRegistrations } from "./core-api.ts";
import { type AppFunction, listFunctions } from "./functions.ts";
import { readHostConfig } from "./host-config.ts";
import { HostError, messageOf } from "./host-error.ts";
import { createAdmin } from "./http/admin.ts";
import type { HttpGate } from "./http/gate.ts";
import { createHostKeys, openKeyStore } from "./http/host-keys.ts";
import { startHttpServer } from "./http/http-server.ts";
import { createRouteTable, type HttpRoute } from "./http/route-table.ts";
import { createInvoker } from "./invoke.ts";
import {
  DEFAULT_TIMINGS,
  type Listener,
  type ListenerFactory,
  type Timings,
  type TriggerWithListener,
} from "./listener.ts";
import { loadApp } from "./load-app.ts";
import { filterByLevel, type LogSink, writeToStderr } from "./log.ts";
import { settlesWithin } from "./work-in-flight.ts";

export interface FunctionsHostOptions {
  /** The folder with host.json and package.json. */
  readonly appDir: string;
  /** 0: a free one. */
  readonly port: number;
  /** One line each on stderr unless it is given. */
  readonly log?: LogSink;
  readonly timings?: Partial<Timings>;
  /** Nothing of a longer body is kept, and its function gets none. Default: 100 MiB, beyond which it is a 500. */
  readonly maxBodyBytes?: number | undefined;
  /** Lets callers of `/admin/…` do something, in `x-functions-key`. Default: nobody does. */
  readonly adminKey?: string | undefined;
  /** Answers in the place of functions. Default: none. */
  readonly gate?: HttpGate;
  /**
   * Ends the process at once, with the work in flight: after an error that the real host does not survive, or a run
   * that took longer than `functionTimeout`, which its worker does not survive.
   */
  readonly endProcess: () => void;
}

export interface FunctionSummary {
  readonly name: string;
  readonly trigger: string;
  /** With the prefix; only of HTTP functions. */
  readonly route?: string;
  readonly methods?: readonly string[];
}

export interface FunctionsHost {
  readonly baseUrl: string;
  readonly functions: readonly FunctionSummary[];
  /** Ends gracefully: takes nothing new, awaits the work in flight, then runs the app's `appTerminate` hooks. */
  stop(): Promise<void>;
}

/** Imported when an app has the trigger: the SDKs behind them take longer to load than all the rest. */
const LISTENERS: Readonly<Record<TriggerWithListener, () => Promise<ListenerFactory>>> = {
  eventHub: async () => (await import("./event-hubs/event-hub-listener.ts")).createEventHubListener,
  queue: async () => (await import("./queue/queue-listener.ts")).createQueueListener,
  timer: async () => (await import("./timer/timer-listener.ts")).createTimerListener,
};

/** At most 32 characters, as the real host demands; the same for every start of the same folder. */
function hostIdOf(appDir: string): string {
  return getSetting("AzureFunctionsWebHost__hostid") ?? createHash("sha256").update(appDir).digest("hex").slice(0, 32);
}

function describeFunctions(functions: readonly AppFunction[], routes: readonly HttpRoute[]): FunctionSummary[] {
  return functions.map((fn) => {
    const route = routes.find((candidate) => candidate.fn === fn);
    return {
      name: fn.name,
      trigger: fn.trigger,
      ...(route && { route: `/${route.template}`, methods: route.methods }),
    };
  });
}

function requireWarmupName(functions: readonly AppFunction[]): void {
  const wrong = functions.find((fn) => fn.trigger === "warmup" && fn.name.toLowerCase() !== "warmup");
  if (wrong) throw new HostError(`Function ${wrong.name}: a warmup trigger's function must be named 'warmup'.`);
}

async function createListeners(
  functions: readonly AppFunction[],
  deps: Parameters<ListenerFactory>[1],
): Promise<Listener[]> {
  const listeners: Listener[] = [];
  for (const fn of functions) {
    if (fn.disabled || fn.trigger === "http" || fn.trigger === "warmup") continue;
    const createListener = await LISTENERS[fn.trigger]();
    listeners.push(createListener(fn, deps));
  }
  return listeners;
}

/**
 * Loads a function app into this process and serves it, as the real host and its Node.js worker would. A process can
 * load the files of an app only once.
 *
 * @throws HostError when the app cannot be run as it is; the message says what to change
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const appDir = resolve(options.appDir);
  loadLocalSettings(appDir);
  const config = readHostConfig(appDir);
  const log = filterByLevel(options.log ?? writeToStderr, config.logging.logLevel);
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const hostLog = (level: "information" | "warning" | "error", message: string): void =>
    log({ level, category: "Host", message });
  const shutDown = (error: unknown): void => {
    hostLog("error", `An unhandled exception has occurred. Host is shutting down. ${messageOf(error)}`);
    options.endProcess();
  };

  const registrations = await collectRegistrations(
    () => loadApp(appDir),
    (level, _category, message) => log({ level, category: "Worker", message }),
  );
  const functions = listFunctions(registrations);
  requireWarmupName(functions);
  const httpFunctions = functions.filter((fn) => fn.trigger === "http");
  const table = createRouteTable(httpFunctions, config.extensions.http.routePrefix);
  const summaries = describeFunctions(functions, table.routes);
  const { invoke, runAppHooks } = createInvoker(registrations, {
    log,
    timeoutMs: config.functionTimeout,
    killWorker: (invocationId) => {
      hostLog("warning", `A function timeout has occurred. Restarting worker process executing '${invocationId}'.`);
      options.endProcess();
    },
  });
  const hostId = hostIdOf(appDir);
  const listeners = await createListeners(functions, { invoke, config, log, timings, hostId, shutDown });

  await runAppHooks("appStart");
  const reportError = (message: string): void => hostLog("error", message);
  const describe = (fn: AppFunction): object => ({ ...summaries[functions.indexOf(fn)], isDisabled: fn.disabled });
  const handleAdmin = createAdmin({ functions, invoke, hostId, adminKey: options.adminKey, describe, reportError });
  const server = await startHttpServer(
    {
      ...{ table, invoke, handleAdmin, reportError, gate: options.gate, workerUri: registrations.httpUri },
      keys: createHostKeys(() => openKeyStore(hostId)),
    },
    { port: options.port, config: config.extensions.http, maxBodyBytes: options.maxBodyBytes },
  );

  const stopListeners = async (): Promise<void> => {
    const ended = Promise.all(listeners.map((listener) => listener.stop()));
    if (!(await settlesWithin(ended, timings.drainMs))) {
      hostLog("warning", `Work is still in flight after ${timings.drainMs} ms and is abandoned.`);
    }
  };
  const stop = async (): Promise<void> => {
    await Promise.all([server.stop(timings.drainMs), stopListeners()]);
    await runAppHooks("appTerminate");
  };

  try {
    await Promise.all(listeners.map((listener) => listener.start()));
  } catch (error) {
    await Promise.all([server.stop(0), stopListeners()]);
    throw error;
  }
  hostLog("information", `${functions.length} functions at ${server.baseUrl}`);
  let stopped: Promise<void> | undefined;
  return {
    baseUrl: server.baseUrl,
    functions: summaries,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
