import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Access } from "./access.ts";
import type { Backends } from "./backends.ts";
import { launch, launchBackends } from "./bring-up.ts";
import { createTestClock, type TestClock } from "./clock/test-clock.ts";
import type { ProfileName } from "./faults/profiles.ts";
import { createStackFaults, type StackFaults } from "./faults/stack-faults.ts";
import { keepEarlierLogs } from "./logs.ts";
import { checkPorts } from "./port-check.ts";
import { freePorts, type Ports } from "./ports.ts";
import { projectRoot } from "./project.ts";
import { createReviver, isShutDown } from "./revive-host.ts";
import { serviceNames } from "./service-names.ts";
import { settingsFor } from "./settings.ts";
import type { SpecContext } from "./spec-context.ts";
import { createStackControls, type StackControls, stopAll } from "./stack-controls.ts";
import { StackError } from "./stack-error.ts";
import { claimState, prepareState, readRunning, releaseState, writeRunning } from "./state.ts";
import { createSupervisor, type Supervisor, type UnexpectedExit } from "./supervisor.ts";
import { prepareTrust } from "./trust.ts";

export interface StackOptions {
  /** Where everything is kept. A second stack on the same folder is refused. */
  readonly stateDir: string;
  /** Start from nothing: data, keys and orgs of earlier runs are removed. Default: false. */
  readonly fresh?: boolean;
  /** TCP ports on 127.0.0.1; those not given are free ones. */
  readonly ports?: Partial<Ports>;
  /** The function app: the folder with `host.json` and `package.json`. Default: the project itself, as TypeScript. */
  readonly appDir?: string;
  /**
   * `managed-identity`: everything over TLS and with tokens, as deployed. `connection-strings`: the emulators'
   * well-known keys, which starts faster. Default: connection-strings.
   */
  readonly access?: Access;
  /** Further settings of the function app; they win over those made here. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Further flags of the Functions host (local/launcher/services/functions-host.ts): a crash test wants short leases.
   */
  readonly hostArgs?: readonly string[];
  /** Faults from the moment that everything is ready, and proxies before storage that can fail. Default: none. */
  readonly chaos?: { readonly profile: ProfileName; readonly seed?: number };
  /** A clock of the services that can be set, for tests. Default: the machine's. */
  readonly clock?: boolean;
  /** Further flags of the Cosmos DB emulator (local/launcher/services/cosmos.ts): what a partition may spend. */
  readonly cosmosArgs?: readonly string[];
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
  /** Called when a service ended that nobody told to. Default: it stays down, as a test that kills processes wants. */
  readonly onUnexpectedExit?: (exit: UnexpectedExit) => void;
  /** Called each time that a Functions host shut itself down. It is started again, as on Azure (revive-host.ts). */
  readonly onHostShutDown?: (exit: UnexpectedExit) => void;
  /** Called the first time that a file cannot be written while everything runs, such as on a full disk. */
  readonly onUnwritable?: (message: string) => void;
}

/** The whole product on this machine: each service a process, provisioned and ready. */
export interface Stack extends Backends, StackControls {
  /** The product's API, without a slash at the end. */
  readonly baseUrl: string;
  /** The settings that the function app runs with. */
  readonly env: Readonly<Record<string, string>>;
  readonly stateDir: string;
  readonly access: Access;
  /** What the Functions host registered. */
  readonly functions: readonly unknown[];
  /** Only with the option `chaos`. */
  readonly faults: StackFaults | undefined;
  /** Only with the option `clock`. */
  readonly clock: TestClock | undefined;
}

/** Starts the whole product. Rejects with a {@link StackError} when it cannot, having ended what it had started. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stateDir = resolve(options.stateDir);
  const appDir = resolve(options.appDir ?? projectRoot);
  if (!existsSync(join(appDir, "host.json"))) {
    throw new StackError(`${appDir} has no host.json, so it is not a function app. \`npm run build\` makes dist.`);
  }
  const { access = "connection-strings", hostArgs = [], cosmosArgs = [] } = options;
  if (options.chaos && access === "managed-identity") {
    throw new StackError(
      "Faults need connection strings: the proxies that make storage fail speak no TLS. Leave out chaos, or say access connection-strings.",
    );
  }
  const ports: Ports = { ...freePorts, ...options.ports };
  await claimState(stateDir);
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => undefined);
  const giveUp = (exit: UnexpectedExit): void => {
    crash.reject(new StackError(exit.message));
    options.onUnexpectedExit?.(exit);
  };
  const sayUnwritable = sayOnce(options.onUnwritable);
  const supervisor = createSupervisor({
    onUnexpectedExit: (exit) => {
      if (isShutDown(exit.name, exit.status)) void revive(exit);
      else giveUp(exit);
    },
    onLogLost: sayUnwritable,
  });
  const reviveDeps = { revive: supervisor.revive, pause: (ms: number) => setTimeout(ms, undefined, { ref: false }) };
  const revive = createReviver(reviveDeps, {
    onShutDown: (exit) => options.onHostShutDown?.(exit),
    onRevived: () => recordRunning(stateDir, supervisor, sayUnwritable),
    onGivenUp: giveUp,
  });
  const abort = (): void => void stopAll(supervisor, { hostGraceMs: 0 });
  options.signal?.addEventListener("abort", abort);
  try {
    await checkPorts(nameByFlag(ports));
    prepareState(stateDir, { fresh: options.fresh ?? false });
    keepEarlierLogs(stateDir);
    const stack = bringUp(
      supervisor,
      {
        access,
        stateDir,
        appDir,
        ports,
        hostEnv: {},
        hostArgs,
        trust: await prepareTrust(stateDir),
        clock: options.clock ?? false,
        cosmosArgs,
      },
      options,
      sayUnwritable,
    );
    return await Promise.race([stack, crash.promise]);
  } catch (error) {
    await stopAll(supervisor, { hostGraceMs: 0 });
    releaseState(stateDir);
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

type SayUnwritable = (file: string, reason: string) => void;

function sayOnce(say: StackOptions["onUnwritable"]): SayUnwritable {
  let said = false;
  return (file, reason) => {
    if (!said)
      say?.(
        `${file} cannot be written (${reason}${reason === "ENOSPC" ? ", its disk is full" : ""}). Lines of the logs are lost until it can, and nothing else.`,
      );
    said = true;
  };
}

/** Tells other commands which processes run now. Where that cannot be written, what runs goes on all the same. */
function recordRunning(stateDir: string, supervisor: Supervisor, say: SayUnwritable): void {
  try {
    writeRunning(stateDir, supervisor.pids(), readRunning(stateDir) ?? {});
  } catch (error) {
    say(join(stateDir, "running.json"), String(error));
  }
}

async function bringUp(
  supervisor: Supervisor,
  wanted: SpecContext,
  options: StackOptions,
  say: SayUnwritable,
): Promise<Stack> {
  const { stateDir } = wanted;
  const backends = await launchBackends(supervisor, wanted);
  options.signal?.throwIfAborted();
  const { chaos } = options;
  const faults = chaos && (await createStackFaults(supervisor, backends.storage, chaos.seed ?? 1));
  const storage = faults && { AzureWebJobsStorage: faults.storageConnectionString };
  const env = { ...settingsFor(backends, wanted), ...storage, ...options.env };
  const context = { ...wanted, hostEnv: env };
  const hostReady = launch(supervisor, "functions-host", context);
  writeRunning(stateDir, supervisor.pids(), {});
  const host = await hostReady;
  const baseUrl = host.baseUrl ?? "";
  writeRunning(stateDir, supervisor.pids(), { baseUrl, env });
  const record = (): void => recordRunning(stateDir, supervisor, say);
  const functions = host.functions ?? [];
  if (chaos) faults?.set(chaos.profile);
  const clock = wanted.clock ? createTestClock(supervisor) : undefined;
  const running = { ...backends, baseUrl, env, stateDir, access: wanted.access, functions, faults, clock };
  return { ...running, ...createStackControls(supervisor, context, record, faults) };
}

function nameByFlag(ports: Ports): Record<string, number> {
  return Object.fromEntries(
    serviceNames.map((name) => [name === "functions-host" ? "--port" : `--${name}-port`, ports[name]]),
  );
}
