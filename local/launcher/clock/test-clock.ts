import type { Supervisor } from "../supervisor.ts";

/**
 * One clock for the Functions host, the emulators and Azurite. It runs as the machine's does, and can be put forward or
 * back.
 */
export interface TestClock {
  /** Milliseconds since 1970, as the services read it. */
  now(): number;
  /** Puts all services' clocks forward by so many milliseconds, or back by a negative number. */
  advance(ms: number): void;
}

/** The message of the launcher to a service over its IPC channel. */
export interface ClockMessage {
  readonly clockOffsetMs: number;
}

/** Tells a service at its start how far its clock is off, in milliseconds. */
export const OFFSET_VARIABLE = "LOCAL_CLOCK_OFFSET_MS";

export function createTestClock(supervisor: Supervisor): TestClock {
  let offsetMs = 0;
  return {
    now: () => Date.now() + offsetMs,
    advance: (ms) => {
      offsetMs += ms;
      const message: ClockMessage = { clockOffsetMs: offsetMs };
      supervisor.inform(message, { [OFFSET_VARIABLE]: String(offsetMs) });
    },
  };
}
