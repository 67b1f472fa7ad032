import type { TypedData } from "./core-types.ts";
import type { AppFunction, TriggerType } from "./functions.ts";
import type { HostConfig } from "./host-config.ts";
import type { Invoke } from "./invoke.ts";
import type { LogSink } from "./log.ts";

/** The source that feeds one function which is not called by HTTP. */
export interface Listener {
  start(): Promise<void>;
  /** Takes nothing new, and resolves when the work in flight has ended. */
  stop(): Promise<void>;
}

/** Durations that the real host decides by itself; tests and laptops shorten them. */
export interface Timings {
  /** For how long a received queue message is hidden, renewed at half of it; 10 min as in the real host. */
  readonly queueLeaseMs: number;
  /**
   * The first pause between tries of a request to a queue. It makes for how long a queue may be out of reach before the
   * host ends: 26 times as long, about 25 s as in the real host.
   */
  readonly queueRetryMs: number;
  /** After how long without renewal a partition of a host that has gone is taken over; renewed at a fifth of it. */
  readonly ownershipMs: number;
  /** How long a stop waits for work in flight. */
  readonly drainMs: number;
}

export const DEFAULT_TIMINGS: Timings = {
  queueLeaseMs: 600_000,
  queueRetryMs: 950,
  ownershipMs: 5000,
  drainMs: 30_000,
};

export interface ListenerDeps {
  readonly invoke: Invoke;
  readonly config: HostConfig;
  readonly log: LogSink;
  readonly timings: Timings;
  /** Names this app's blobs in `azure-webjobs-hosts`. */
  readonly hostId: string;
  /** For an error that the real host does not survive. */
  readonly shutDown: (error: unknown) => void;
}

export type ListenerFactory = (fn: AppFunction, deps: ListenerDeps) => Listener;
export type TriggerWithListener = Exclude<TriggerType, "http" | "warmup">;

/** A log function for a listener's own lines. */
export function logAs(
  fn: AppFunction,
  log: LogSink,
): (level: "debug" | "information" | "warning" | "error", message: string) => void {
  return (level, message) => log({ level, category: `Host.Triggers.${fn.name}`, functionName: fn.name, message });
}

/**
 * Top-level fields of a JSON object become trigger metadata and overwrite entries of the same name, except arrays
 * (azure-functions-host `Utility.ApplyBindingData`).
 */
export function bindingDataOf(text: string): Record<string, TypedData> {
  if (!text.trimStart().startsWith("{")) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return {};
  }
  const data: Record<string, TypedData> = {};
  for (const [key, value] of Object.entries(parsed as object)) {
    if (value === null || Array.isArray(value)) continue;
    data[key] = typeof value === "object" ? { json: JSON.stringify(value) } : { string: String(value) };
  }
  return data;
}
