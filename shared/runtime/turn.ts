import { setImmediate } from "node:timers/promises";

/** Milliseconds that one piece of long work keeps the event loop from everybody else. */
const TURN_MS = 10;
/** Steps between two looks at the clock: a look costs more than a small step. */
const STEPS = 16;

/** Work in many steps asks at each whether its turn is over, and if so waits for the next one. */
export interface Turns {
  isOver(): boolean;
  /** Resolves when everything that was waiting for the event loop has had its turn. */
  next(): Promise<void>;
  /** For between two large pieces of work: the next turn, if this one is over. */
  pause(): Promise<void>;
}

export function takeTurns(): Turns {
  let began = performance.now();
  let steps = 0;
  const next = async (): Promise<void> => {
    await setImmediate();
    began = performance.now();
  };
  return {
    isOver: () => ++steps % STEPS === 0 && performance.now() - began > TURN_MS,
    next,
    pause: async () => {
      if (performance.now() - began > TURN_MS) await next();
    },
  };
}
