import type { Random } from "../../local/faults/random.ts";

/** A delivery, a timer or a reader: it goes on step by step, and stops for ever when it crashes. */
export interface Process {
  readonly name: string;
  crashed: boolean;
  done: boolean;
}

interface Waiting {
  readonly process: Process;
  readonly what: string;
  /** What the step does to the world. */
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
  start(name: string, work: (process: Process) => Promise<unknown>, then?: (error: unknown) => void): Process;
  /** A step of a process: `effect` happens as a whole when the scheduler says so; `failure` is what its caller sees instead. */
  step<T>(process: Process, what: string, effect: () => T, failure: () => T): Promise<T>;
  /** Lets one waiting process go on; false when none waits. */
  advance(): Promise<boolean>;
  /** From now on nothing fails any more. */
  calm(): void;
  readonly isCalm: () => boolean;
  readonly trace: readonly string[];
}

export function createScheduler(random: Random, odds: Odds, keepTrace: boolean): Scheduler {
  const waiting: Waiting[] = [];
  const trace: string[] = [];
  let calm = false;
  const note = (line: string): void => {
    if (keepTrace) trace.push(line);
  };
  const fateOf = (): Fate => {
    if (calm) return "works";
    if (random.chance(odds.failBefore)) return "fails before";
    return random.chance(odds.failAfter) ? "fails after" : "works";
  };
  return {
    trace,
    calm: () => {
      calm = true;
    },
    isCalm: () => calm,
    start: (name, work, then = () => undefined) => {
      const process: Process = { name, crashed: false, done: false };
      note(`${name}: starts`);
      const end = (error: unknown): void => {
        process.done = true;
        note(`${name}: ${error === undefined ? "ends" : `throws ${String(error)}`}`);
        then(error);
      };
      work(process).then(
        () => end(undefined),
        (error: unknown) => end(error ?? new Error("nothing")),
      );
      return process;
    },
    step: (process, what, effect, failure) =>
      new Promise((resolve, reject) => {
        const go = (fate: Fate): void => {
          note(`${process.name}: ${what}${fate === "works" ? "" : ` ${fate}`}`);
          try {
            if (fate === "fails after") disregard(effect());
            resolve(fate === "works" ? effect() : failure());
          } catch (error) {
            reject(error);
          }
        };
        waiting.push({ process, what, effect, go });
      }),
    advance: async () => {
      const [next] = waiting.splice(random.below(waiting.length), 1);
      if (!next) return false;
      if (!calm && random.chance(odds.crash)) {
        next.process.crashed = true;
        const after = random.chance(0.5);
        note(`${next.process.name}: crashes ${after ? "after" : "before"} ${next.what}`);
        if (after) disregard(next.effect());
        for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i]?.process === next.process) waiting.splice(i, 1);
        return true;
      }
      next.go(fateOf());
      await settle();
      return true;
    },
  };
}

/** Nobody hears of what an effect came to. */
function disregard(result: unknown): void {
  Promise.resolve(result).catch(() => undefined);
}

/** Lets everything that follows from a step happen, up to the next steps. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
