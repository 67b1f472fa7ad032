import { randomUUID } from "node:crypto";
import { launch } from "./bring-up.ts";
import type { FaultProfile } from "./faults/profiles.ts";
import type { StackFaults } from "./faults/stack-faults.ts";
import { rotateIdentityHeader } from "./identity-header.ts";
import { type ProcessName, type ServiceName, secondHost, serviceNames } from "./service-names.ts";
import type { SpecContext } from "./spec-context.ts";
import { releaseState } from "./state.ts";
import type { Supervisor } from "./supervisor.ts";
import type { Usage } from "./usage/usage-counter.ts";

/** The actions on a running stack. */
export interface StackControls {
  pids(): Record<ServiceName, number>;
  /** The counts of one of our emulators since it started: requests, request units, messages (local/launcher/usage). */
  usage(name: "cosmos" | "event-hubs"): Promise<Usage>;
  /** Sends a signal (default SIGKILL) to one service; for one that ends it, waits until it is gone. */
  kill(name: ProcessName, signal?: NodeJS.Signals): Promise<void>;
  /** Ends one service if it runs, and starts it again with the same data on the same port. */
  restart(name: ServiceName): Promise<void>;
  /** Sets the faults of one service; blob and queue have theirs with managed identity only, and `forbidden` alone. */
  setFaults(name: ServiceName, profile: FaultProfile): void;
  /** How often each fault was injected since the start: `managed-identity hang` → 2. */
  faultCounts(): Readonly<Record<string, number>>;
  /** As the platform does; commands beside the product are not told. */
  rotateIdentityHeader(): void;
  /** Starts a second Functions host on the same services, until `kill("second-host")`. Gives its base URL. */
  startSecondHost(): Promise<string>;
  /** Ends the Functions host, then the others; nothing acknowledged is lost. Calling it again awaits the same end. */
  stop(): Promise<void>;
}

/** The host awaits work in flight for up to 30 s; the emulators only have to save. */
const HOST_GRACE_MS = 35_000;
const EMULATOR_GRACE_MS = 10_000;
const hosts = ["functions-host", secondHost];
const emulators = serviceNames.filter((name) => name !== "functions-host");

/** `record` is called whenever the set of running processes has changed. */
export function createStackControls(
  supervisor: Supervisor,
  context: SpecContext,
  record: () => void,
  faults: StackFaults | undefined,
): StackControls {
  let stopped: Promise<void> | undefined;
  return {
    pids: () => supervisor.pids() as Record<ServiceName, number>,
    usage: (name) => supervisor.usage(name),
    kill: (name, signal = "SIGKILL") => supervisor.kill(name, signal),
    restart: async (name) => {
      await supervisor.restart(name);
      record();
    },
    setFaults: (name, profile) => supervisor.setFaults(name, profile),
    faultCounts: () => supervisor.faultCounts(),
    rotateIdentityHeader: () => rotateIdentityHeader(supervisor, randomUUID()),
    startSecondHost: async () => {
      const { baseUrl = "" } = await launch(supervisor, secondHost, context);
      record();
      return baseUrl;
    },
    stop: () => {
      faults?.set("off");
      stopped ??= stopAll(supervisor).then(() => {
        faults?.close();
        releaseState(context.stateDir);
      });
      return stopped;
    },
  };
}

/** The host first, so that its work in flight still finds the services that it needs. */
export async function stopAll(supervisor: Supervisor, { hostGraceMs = HOST_GRACE_MS } = {}): Promise<void> {
  supervisor.close();
  await supervisor.stop(hosts, hostGraceMs);
  await supervisor.stop(emulators, EMULATOR_GRACE_MS);
}
