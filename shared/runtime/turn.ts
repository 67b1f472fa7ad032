/** Milliseconds that one piece of long work keeps the event loop from everybody else: a small request meets several. */
const TURN_MS = 2;
/** Turns that are passed on one after the other at most. */
const MAX_PASSED = 8;
/** Steps between two looks at the clock: a look costs more than a small step. */
const STEPS = 16;

/** Work in many steps asks at each whether its turn is over, and if so waits for the next one. */
export interface Turns {
  isOver(): boolean;
  /**
   * Resolves when everything that was waiting for the event loop has had its turn, and long work of every other owner
   * too. After work that could not be cut, once more for each turn that it took: a request needs several to come in,
   * run and go out.
   */
  next(): Promise<void>;
  /** For between two large pieces of work: the next turn, if this one is over. */
  pause(): Promise<void>;
}

/**
 * Long work that waits for its turn, by owner, in the order of the owners' turns. There is one event loop, and so one
 * line: of all long work, one piece runs each time that the loop comes round.
 */
const lines = new Map<string, (() => void)[]>();

/** @param owner whose work it is: owners take turns, whatever they have of it */
export function takeTurns(owner = ""): Turns {
  let began = performance.now();
  let steps = 0;
  const next = async (): Promise<void> => {
    const turns = Math.min(MAX_PASSED, Math.floor((performance.now() - began) / TURN_MS));
    for (let passed = 0; passed < Math.max(1, turns); passed++) await waitInLine(owner);
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

function waitInLine(owner: string): Promise<void> {
  return new Promise((go) => {
    if (lines.size === 0) setImmediate(letOneGo);
    const line = lines.get(owner);
    if (line) line.push(go);
    else lines.set(owner, [go]);
  });
}

/** The first of the owner whose turn it is. What is left waits until the loop has come round again. */
function letOneGo(): void {
  const [[owner, line] = []] = lines;
  if (owner === undefined || !line) return;
  const go = line.shift();
  lines.delete(owner);
  if (line.length > 0) lines.set(owner, line);
  if (lines.size > 0) setImmediate(letOneGo);
  go?.();
}
