import process from "node:process";
import type { FaultKind, FaultProfile } from "./profiles.ts";
import { createRandom } from "./random.ts";

/** Decides at each operation whether something goes wrong, and counts the faults. */
export interface FaultSource {
  /** One of these kinds, or undefined: go on as usual. */
  draw<K extends FaultKind>(...kinds: readonly K[]): K | undefined;
  set(profile: FaultProfile): void;
  /** Calls the listener after each draw, before the fault has any effect. */
  onDraw(listener: () => void): void;
  /** How often each kind was drawn. */
  counts(): Readonly<Record<string, number>>;
}

export function createFaultSource(seed: number, initial: FaultProfile = {}): FaultSource {
  const random = createRandom(seed);
  const counts: Record<string, number> = {};
  const listeners: (() => void)[] = [];
  let profile = initial;
  return {
    draw: (...kinds) => {
      const drawn = kinds.find((kind) => random.chance(profile[kind] ?? 0));
      if (drawn === undefined) return undefined;
      counts[drawn] = (counts[drawn] ?? 0) + 1;
      for (const listener of listeners) listener();
      return drawn;
    },
    set: (next) => {
      profile = next;
    },
    onDraw: (listener) => {
      listeners.push(listener);
    },
    counts: () => ({ ...counts }),
  };
}

/** The message of the launcher to a child over its IPC channel. */
export interface FaultMessage {
  readonly faults: FaultProfile;
}

/**
 * Lets the parent process set the faults, and reports the counts to it at each fault. The pipe to the parent has them
 * before the fault has any effect, so that a kill takes none along.
 */
export function obeyParent(source: FaultSource): void {
  source.onDraw(() => {
    if (process.connected) process.send?.({ faultCounts: source.counts() });
  });
  process.on("message", (message: unknown) => {
    if (typeof message !== "object" || message === null || !("faults" in message)) return;
    source.set((message as FaultMessage).faults);
  });
}
