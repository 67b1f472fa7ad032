import { DeadlineError, withDeadline } from "../runtime/deadline.ts";
import { NotReadyError } from "../runtime/not-ready-error.ts";
import type { Answer, Handlers } from "./endpoint.ts";

export interface Dependency {
  readonly name: string;
  /** False for a dependency that ingest can do without: it is shown, and decides nothing. Default: true. */
  readonly required?: boolean;
  /** Throws unless the dependency answers. */
  check(signal: AbortSignal): Promise<unknown>;
}

export interface HealthOptions {
  /** What runs, as who publishes knows it. Not given: it is not told. */
  readonly version?: string | undefined;
  /** How long a dependency may take. Default: 2 s. */
  readonly timeoutMs?: number;
}

/** The answers to probes: whether the process runs, and whether everything answers that ingest needs. */
export function createHealthEndpoints(dependencies: readonly Dependency[], options: HealthOptions) {
  return {
    live: async () => ({ status: 200, body: { status: "live" } }),
    ready: createReadiness(dependencies, options),
  } satisfies Partial<Handlers>;
}

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly required: boolean;
  readonly ms: number;
  readonly error?: string;
}

/**
 * Probes come often and without a credential. They share an answer for this long, so that they cost next to nothing.
 */
const SHARED_MS = 1_000;

/**
 * Asks all dependencies at once, each within `timeoutMs`. 200 when all required ones answer, else 503. Both name those
 * that do not.
 */
export function createReadiness(
  dependencies: readonly Dependency[],
  { version, timeoutMs = 2_000 }: HealthOptions = {},
): () => Promise<Answer> {
  const ask = async (): Promise<Answer> => {
    const checks = await Promise.all(dependencies.map((dependency) => checkOne(dependency, timeoutMs)));
    const ok = checks.every((check) => check.ok || !check.required);
    return {
      status: ok ? 200 : 503,
      body: { status: ok ? "ready" : "not_ready", ...(version && { version }), checks },
    };
  };
  let shared: { readonly at: number; readonly answer: Promise<Answer> } | undefined;
  return () => {
    // Not the wall clock: put back, it would keep an old answer for as long.
    const now = performance.now();
    if (shared === undefined || now - shared.at > SHARED_MS) shared = { at: now, answer: ask() };
    return shared.answer;
  };
}

async function checkOne({ name, check, required = true }: Dependency, timeoutMs: number): Promise<Check> {
  const started = performance.now();
  const ms = (): number => Math.round(performance.now() - started);
  try {
    await withDeadline(timeoutMs, check);
    return { name, ok: true, required, ms: ms() };
  } catch (error) {
    // The reader is anonymous: the kind of error is enough, and messages of SDKs name hosts.
    const isOurs = error instanceof DeadlineError || error instanceof NotReadyError;
    const reason = isOurs ? error.message : "does not answer as it should";
    return { name, ok: false, required, ms: ms(), error: reason };
  }
}
