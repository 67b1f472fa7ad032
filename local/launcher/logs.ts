import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type ProcessName, serviceNames } from "./service-names.ts";

/** A service's log in a state folder. */
export function logFileOf(stateDir: string, name: ProcessName): string {
  return join(stateDir, "logs", `${name}.log`);
}

/** Keeps the logs of the run before, of each service one. */
export function keepEarlierLogs(stateDir: string): void {
  for (const name of serviceNames) {
    const log = logFileOf(stateDir, name);
    if (existsSync(log)) renameSync(log, join(stateDir, "logs", `${name}.earlier.log`));
  }
}
