import process from "node:process";
import type { FaultKind, FaultProfile } from "./profiles.ts";
import { createRandom } from "./random.ts";

/** Decides at each operation whether something goes wrong, and counts what did. */
export interface FaultSource {
  /** One of these kinds, or undefined: go on as usual. */
  draw<K extends FaultKind>(...kinds: readonly K[]): K | undefined;
  set(profile: FaultProfile): void;
  /** How often each kind was drawn. */
  counts(): Readonly<Record<string, number>>;
}

export function createFaultSource(seed: number, initial: FaultProfile = {}): FaultSource {
  const random = createRandom(seed);
  const counts: Record<string, number> = {};
  let profile = initial;
  return {
    draw: (...kinds) => {
      const drawn = kinds.find((kind) => random.chance(profile[kind] ?? 0));
      if (drawn !== undefined) counts[drawn] = (counts[drawn] ?? 0) + 1;
      return drawn;
    },
    set: (next) => {
      profile = next;
    },
    counts: () => ({ ...counts }),
  };
}

/** What the launcher tells a child over its IPC channel. */
export interface FaultMessage {
  readonly faults: FaultProfile;
}

/** Lets the parent process set the faults, and answers each message with the counts so far. */
export function obeyParent(source: FaultSource): void {
  process.on("message", (message: unknown) => {
    if (typeof message !== "object" || message === null || !("faults" in message)) return;
    source.set((message as FaultMessage).faults);
    process.send?.({ faultCounts: source.counts() });
  });
}
