import { setTimeout as sleep } from "node:timers/promises";
import type { RetryContext, RetryOptions } from "./core-types.ts";
import { messageOf } from "./host-error.ts";

/** `stopped`: the host ended between two attempts, so nobody may take the work for done. */
export type RetryOutcome = "succeeded" | "exhausted" | "stopped";

const DEFAULT_MAXIMUM_MS = 600_000;

/** Milliseconds before the attempt after `failures` failed ones; exponential ones are spread by 20 % either way. */
function delayAfter(policy: RetryOptions, failures: number): number {
  if (policy.retryStrategy !== "exponentialBackoff") return (policy.delayInterval?.seconds ?? 0) * 1000;
  const minimum = (policy.minimumInterval?.seconds ?? 0) * 1000;
  const maximum = policy.maximumInterval ? policy.maximumInterval.seconds * 1000 : DEFAULT_MAXIMUM_MS;
  const grown = minimum * 2 ** Math.min(failures - 1, 30) * (0.8 + Math.random() * 0.4);
  return Math.min(maximum, Math.max(minimum, grown));
}

function toException(error: unknown): NonNullable<RetryContext["exception"]> {
  const stackTrace = error instanceof Error ? error.stack : undefined;
  return { message: messageOf(error), source: "", ...(stackTrace && { stackTrace }) };
}

/**
 * Runs `attempt` under a function's retry policy, in memory, as azure-webjobs-sdk's `FunctionExecutorExtensions.cs`:
 * without a policy once. Never rejects for a failed attempt: the invoker has logged it.
 */
export async function runWithRetry(
  policy: RetryOptions | undefined,
  attempt: (context: RetryContext | undefined) => Promise<unknown>,
  signal: AbortSignal,
): Promise<RetryOutcome> {
  const maxRetryCount = policy ? (policy.maxRetryCount ?? -1) : 0;
  let exception: RetryContext["exception"];
  for (let retryCount = 0; ; retryCount++) {
    try {
      await attempt(policy && { retryCount, maxRetryCount, ...(exception && { exception }) });
      return "succeeded";
    } catch (error) {
      exception = toException(error);
    }
    if (signal.aborted) return "stopped";
    if (maxRetryCount !== -1 && retryCount >= maxRetryCount) return "exhausted";
    try {
      await sleep(delayAfter(policy ?? {}, retryCount + 1), undefined, { signal });
    } catch {
      return "stopped";
    }
  }
}
