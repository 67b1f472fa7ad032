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

/** How often a child reports: what it had counted since is lost when it is killed. */
const REPORT_MS = 250;

/** Lets the parent process set the faults, and reports the counts to it. */
export function obeyParent(source: FaultSource): void {
  let reported = "";
  const report = (): void => {
    const counts = source.counts();
    const text = JSON.stringify(counts);
    if (text !== reported && process.connected) process.send?.({ faultCounts: counts });
    reported = text;
  };
  if (process.channel) setInterval(report, REPORT_MS).unref();
  process.on("message", (message: unknown) => {
    if (typeof message !== "object" || message === null || !("faults" in message)) return;
    source.set((message as FaultMessage).faults);
    report();
  });
}
