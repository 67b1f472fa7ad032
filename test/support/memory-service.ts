/** The state of the service behind an adapter in memory. A test changes it at any time. */
export interface MemoryService {
  /** While true, every call fails. */
  away: boolean;
  /** While set, every call waits for it. */
  hanging: Promise<unknown> | undefined;
}

export interface CallOptions {
  /** Its end ends the call. */
  readonly signal?: AbortSignal;
  /** The error of a call while the service is away. Default: an Error. */
  readonly failure?: () => Error;
}

/** A call of the service. Unless it hangs, it takes effect at once: no other call comes in between. */
export async function call<T>(service: MemoryService, effect: () => T, options: CallOptions = {}): Promise<T> {
  const { signal, failure = () => new Error("the service is away") } = options;
  signal?.throwIfAborted();
  if (service.hanging !== undefined) await Promise.race([service.hanging, ...(signal ? [endOf(signal)] : [])]);
  if (service.away) throw failure();
  return effect();
}

function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/** For `hanging`, when there is to be no answer at all. */
export const never = new Promise<never>(() => undefined);
