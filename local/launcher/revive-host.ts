import { SHUT_DOWN_CODE } from "@headrace/emulators/functions-host/shut-down-code.ts";
import type { ExitStatus } from "./child.ts";
import { secondHost } from "./service-names.ts";
import type { Supervisor, UnexpectedExit } from "./supervisor.ts";

export interface ReviveDeps extends Pick<Supervisor, "revive"> {
  /** Waits for so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

export interface ReviveOptions {
  /** Called each time that a host shut itself down. */
  readonly onShutDown: (exit: UnexpectedExit) => void;
  /** Called when a host runs again. */
  readonly onRevived: () => void;
  /** Called for a host that is not started any more. */
  readonly onGivenUp: (exit: UnexpectedExit) => void;
}

const hosts: readonly string[] = ["functions-host", secondHost];
/** How often a host is started again in a row: with the pauses, for about four minutes. */
const MOST_IN_A_ROW = 20;
/** A host that lived for longer had got over whatever ended the one before. */
const LONG_LIFE_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** Whether a host shut itself down, as the real one does when its queue refuses it. */
export function isShutDown(name: string, status: ExitStatus): boolean {
  return hosts.includes(name) && status.code === SHUT_DOWN_CODE;
}

/**
 * Starts a host that shut itself down again, as Azure does: at once, then after growing pauses, and in the end no more.
 * One that was told to end meanwhile stays down.
 */
export function createReviver(deps: ReviveDeps, options: ReviveOptions): (exit: UnexpectedExit) => Promise<void> {
  let inARow = 0;
  let lastStart = performance.now();

  async function startAgain(name: string): Promise<UnexpectedExit | undefined> {
    if (inARow > 0) await deps.pause(Math.min(FIRST_PAUSE_MS * 2 ** (inARow - 1), LONGEST_PAUSE_MS));
    inARow++;
    lastStart = performance.now();
    const revival = await deps.revive(name);
    if (revival === "up") options.onRevived();
    return typeof revival === "string" ? undefined : revival;
  }

  return async (exit) => {
    for (let ended: UnexpectedExit | undefined = exit; ended; ended = await startAgain(ended.name)) {
      const again = isShutDown(ended.name, ended.status);
      if (again) options.onShutDown(ended);
      if (performance.now() - lastStart > LONG_LIFE_MS) inARow = 0;
      if (!again || inARow >= MOST_IN_A_ROW) return options.onGivenUp(ended);
    }
  };
}
