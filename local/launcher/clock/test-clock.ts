import type { Supervisor } from "../supervisor.ts";

/**
 * One clock for the Functions host, the emulators and Azurite. It runs as the machine's does, and can be put forward or
 * back.
 */
export interface TestClock {
  /** Milliseconds since 1970, as the services read it. */
  now(): number;
  /**
   * Puts all services' clocks forward by so many milliseconds, or back by a negative number. Resolves when all that run
   * have theirs there: a request that comes before reads the old time. One that stands still is not waited for.
   */
  advance(ms: number): Promise<void>;
}

/** The message of the launcher to a service over its IPC channel, and its answer. */
export interface ClockMessage {
  readonly clockOffsetMs: number;
}

/** Tells a service at its start how far its clock is off, in milliseconds. */
export const OFFSET_VARIABLE = "LOCAL_CLOCK_OFFSET_MS";

export function isClockMessage(message: unknown): message is ClockMessage {
  return typeof message === "object" && message !== null && "clockOffsetMs" in message;
}

/** Whoever has not answered by then stands still. */
const ANSWER_MS = 2_000;

export function createTestClock(supervisor: Supervisor): TestClock {
  let offsetMs = 0;
  return {
    now: () => Date.now() + offsetMs,
    advance: async (ms) => {
      offsetMs += ms;
      const message: ClockMessage = { clockOffsetMs: offsetMs };
      const told = supervisor.inform(message, { [OFFSET_VARIABLE]: String(offsetMs) });
      const isSet = (answer: unknown): boolean =>
        isClockMessage(answer) && answer.clockOffsetMs === message.clockOffsetMs;
      await Promise.all(told.map((child) => child.says(isSet, ANSWER_MS)));
    },
  };
}
