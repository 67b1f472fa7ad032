import type { Diagnose } from "./diagnose.ts";
import type { Emitter } from "./emitter.ts";
import type { EventResult, Verdict } from "./judge.ts";
import { jitter } from "./pause.ts";
import type { Queue, Waiting } from "./types.ts";

export interface SettleDeps {
  readonly queue: Queue;
  readonly emit: Emitter["emit"];
  readonly diagnose: Diagnose;
}

export interface Settling {
  /** Does what a verdict says, and tells of it. Gives the milliseconds until the next try; 0 for at once. */
  settle(events: readonly Waiting[], verdict: Verdict): Promise<number>;
  /** Events in the next request, at most. */
  most(): number;
  /** Resolves when the server takes nothing, and stays so until it does. */
  blocked(): Promise<void>;
}

export function createSettling({ queue, emit, diagnose }: SettleDeps, maxEvents: number, maxPauseMs: number): Settling {
  let [most, attempt, isBlocked] = [maxEvents, 0, false];
  let block = (): void => undefined;
  const unblock = (): Promise<void> =>
    new Promise((resolve) => {
      [block, isBlocked] = [resolve, false];
    });
  let blocked = unblock();

  return {
    most: () => most,
    blocked: () => blocked,
    settle: async (events, verdict) => {
      const ids = events.map(({ id }) => id);
      const { kind } = verdict;
      if (kind === "delivered") {
        await queue.remove(events);
        if (isBlocked) blocked = unblock();
        [most, attempt] = [Math.min(maxEvents, most + 1), 0];
        tellDelivered(emit, ids, verdict);
        return 0;
      }
      const { code, message } = verdict;
      if (kind === "split") {
        most = Math.ceil(ids.length / 2);
        if (ids.length > 1 && code !== "no_valid_event") return 0;
        await queue.remove(events);
        ids.forEach((id, i) => {
          const reason = resultOf(i, verdict.results) ?? verdict;
          emit("dropped", { eventIds: [id], code: reason.code, message: reason.message });
        });
        return 0;
      }
      let delayMs = jitter(++attempt, maxPauseMs);
      if (kind === "blocked") {
        if (!isBlocked) emit(kind, { code, message, fix: verdict.fix });
        isBlocked = true;
        block();
        return delayMs;
      }
      if (verdict.warning) diagnose({ kind: "warning", code, message: verdict.warning });
      delayMs += verdict.retryAfterMs ?? 0;
      emit("retry", { eventIds: ids, attempt, delayMs, code, message });
      return delayMs;
    },
  };
}

function resultOf(at: number, results: readonly EventResult[]): EventResult | undefined {
  return results.find(({ index, result }) => index === at && result === "quarantined");
}

function tellDelivered(
  emit: Emitter["emit"],
  ids: readonly string[],
  { receiptId, results }: Extract<Verdict, { kind: "delivered" }>,
): void {
  const eventIds = ids.filter((eventId, i) => {
    const bad = resultOf(i, results);
    if (bad) emit("quarantined", { eventId, code: bad.code, path: bad.path, message: bad.message, receiptId });
    return !bad;
  });
  if (eventIds.length > 0) emit("accepted", { eventIds, receiptId });
}
