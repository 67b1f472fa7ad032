import type { Random } from "../../local/launcher/faults/random.ts";

/** A delivery, a timer or a reader. It goes on step by step, and stops for ever when it crashes. */
export interface Process {
  readonly name: string;
  /** Neither crashed nor ended. */
  live: boolean;
}

/** How a process ended: by itself, by an error, or by a crash, of which nobody hears. */
export type End = { readonly how: "done" | "crashed" } | { readonly how: "threw"; readonly error: unknown };

interface Waiting {
  readonly process: Process;
  readonly note: (how: string) => void;
  /** The effect of the step on the world. */
  readonly effect: () => unknown;
  /** Does the step, or fails it before or after it took effect. */
  readonly go: (fate: Fate) => void;
}

type Fate = "works" | "fails before" | "fails after";

/** How likely things are to go wrong at each step, while they may. */
export interface Odds {
  readonly crash: number;
  readonly failBefore: number;
  readonly failAfter: number;
}

/** Runs processes one step at a time, in an order that the seed decides. Every call of a port is a step. */
export interface Scheduler {
  start(name: string, work: (process: Process) => Promise<unknown>, then?: (end: End) => void): Process;
  /**
   * A step of a process. `effect` happens as a whole when the scheduler says so; `failure` is seen by its caller
   * instead. `what` is for the trace.
   */
  step<T>(
    process: Process,
    what: readonly string[],
    effect: () => T | Promise<T>,
    failure: () => T | Promise<T>,
  ): Promise<T>;
  /** Lets one waiting process go on; false when none waits. */
  advance(): Promise<boolean>;
  /** Crashes all of these. */
  kill(isDoomed: (process: Process) => boolean): void;
  /** Whether any process that has not ended is such a one. */
  some(is: (process: Process) => boolean): boolean;
  /** For one part of a step that has parts. */
  fate(): Fate;
  /** From now on nothing fails any more. */
  calm(): void;
  readonly isCalm: () => boolean;
  note(line: string): void;
  readonly trace: readonly string[];
}

/**
 * Microtasks that a step is given to reach its process's next step: enough for most. One that takes longer just is not
 * among those that may go on next; waiting for all with `setImmediate` would take a fifth of the whole time.
 */
const TURNS = 16;

export function createScheduler(random: Random, odds: Odds, keepTrace: boolean): Scheduler {
  const waiting: Waiting[] = [];
  const ends = new Map<Process, (end: End) => void>();
  const trace: string[] = [];
  let calm = false;
  const note = (line: string): void => {
    if (keepTrace) trace.push(line);
  };
  const fate = (): Fate => {
    if (calm) return "works";
    if (random.chance(odds.failBefore)) return "fails before";
    return random.chance(odds.failAfter) ? "fails after" : "works";
  };
  const end = (process: Process, how: End): void => {
    process.live = false;
    if (keepTrace) note(`${process.name}: ${how.how === "threw" ? `throws ${String(how.error)}` : how.how}`);
    ends.get(process)?.(how);
    ends.delete(process);
  };
  const crash = ({ process, note: noteStep, effect }: Waiting): void => {
    const after = random.chance(0.5);
    noteStep(after ? "and crashes" : "is not reached");
    if (after) disregard(effect);
    bury(process);
  };
  const bury = (process: Process): void => {
    for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i]?.process === process) waiting.splice(i, 1);
    end(process, { how: "crashed" });
  };
  return {
    trace,
    note,
    fate,
    calm: () => {
      calm = true;
    },
    isCalm: () => calm,
    kill: (isDoomed) => {
      for (const process of [...ends.keys()].filter(isDoomed)) bury(process);
    },
    some: (is) => [...ends.keys()].some(is),
    start: (name, work, then = () => undefined) => {
      const process: Process = { name, live: true };
      ends.set(process, then);
      note(`${name}: starts`);
      work(process).then(
        () => process.live && end(process, { how: "done" }),
        (error: unknown) => process.live && end(process, { how: "threw", error }),
      );
      return process;
    },
    step: (process, what, effect, failure) =>
      new Promise((resolve, reject) => {
        const noteStep = (how: string): void => {
          if (keepTrace) note(`${process.name}: ${what.join(" ")} ${how}`);
        };
        const go = (ends: Fate): void => {
          noteStep(ends === "works" ? "" : ends);
          try {
            if (ends === "fails after") disregard(effect);
            resolve(ends === "works" ? effect() : failure());
          } catch (error) {
            reject(error);
          }
        };
        // One that was killed between two steps has none any more.
        if (process.live) waiting.push({ process, note: noteStep, effect, go });
      }),
    advance: async () => {
      if (waiting.length === 0) await settle();
      const [next] = waiting.splice(random.below(waiting.length), 1);
      if (!next) return false;
      if (!calm && random.chance(odds.crash)) crash(next);
      else next.go(fate());
      for (let turn = 0; turn < TURNS; turn++) await undefined;
      return true;
    },
  };
}

/** Nobody hears of the result of an effect. */
function disregard(effect: () => unknown): void {
  const run = async (): Promise<unknown> => effect();
  run().catch(() => undefined);
}

/** Lets everything that follows from the steps so far happen. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
