import { DeadlineError, withDeadline } from "../runtime/deadline.ts";
import { NotReadyError } from "../runtime/not-ready-error.ts";
import { reached } from "../runtime/reached.ts";
import { type Logger, silent } from "../telemetry/log.ts";
import type { Answer, Call, Handlers } from "./endpoint.ts";

export interface Dependency {
  readonly name: string;
  /** False for a dependency that ingest can do without: it is shown, and decides nothing. Default: true. */
  readonly required?: boolean;
  /** Throws unless the dependency answers, and is as it must be: then a NotReadyError, whose message is shown. */
  check(signal: AbortSignal): Promise<unknown>;
}

export interface HealthOptions {
  /** What runs, as who publishes knows it. Not given: it is not told. */
  readonly version?: string | undefined;
  /** How long a dependency may take. Default: 2 s. */
  readonly timeoutMs?: number;
  /** Milliseconds, by a clock that only goes forward: the wall clock, put back, would keep an old answer. */
  readonly now?: () => number;
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
  /** For the log: what was thrown. */
  readonly cause?: unknown;
}

/**
 * Probes come often and without a credential. They share an answer for this long, so that they cost next to nothing.
 */
const SHARED_MS = 1_000;

/**
 * Asks all dependencies at once, each within `timeoutMs`. 200 when all required ones answer, else 503. Both name those
 * that do not. The log hears of each change.
 */
export function createReadiness(
  dependencies: readonly Dependency[],
  { version, timeoutMs = 2_000, now = () => performance.now() }: HealthOptions = {},
): (call?: Pick<Call, "log">) => Promise<Answer> {
  const tell = createTeller();
  const ask = async (log: Logger): Promise<Answer> => {
    const found = await Promise.all(dependencies.map((dependency) => checkOne(dependency, timeoutMs)));
    for (const check of found) tell(check, log);
    const checks = found.map(({ cause: _, ...check }) => check);
    const ok = checks.every((check) => check.ok || !check.required);
    return {
      status: ok ? 200 : 503,
      body: { status: ok ? "ready" : "not_ready", ...(version && { version }), checks },
    };
  };
  let shared: { readonly at: number; readonly answer: Promise<Answer> } | undefined;
  return ({ log } = { log: silent }) => {
    const at = now();
    if (shared === undefined || at - shared.at > SHARED_MS) shared = { at, answer: ask(log) };
    return shared.answer;
  };
}

/** Tells the log when a dependency fails, fails for another reason, and answers again. Probes come each few seconds. */
function createTeller(): (check: Check, log: Logger) => void {
  const said = new Map<string, string>();
  return ({ name, error, cause }, log) => {
    if (said.get(name) === error) return;
    if (error === undefined) {
      said.delete(name);
      log.info("a dependency is as it must be again", { dependency: name });
    } else {
      said.set(name, error);
      log.error("a dependency is not as it must be", { dependency: name, reason: error, error: cause });
    }
  };
}

async function checkOne({ name, check, required = true }: Dependency, timeoutMs: number): Promise<Check> {
  const started = performance.now();
  const ms = (): number => Math.round(performance.now() - started);
  try {
    await withDeadline(timeoutMs, check);
    return { name, ok: true, required, ms: ms() };
  } catch (cause) {
    reached("dependency-not-ready");
    // The reader is anonymous: the kind of error is enough, and messages of SDKs name hosts.
    const isOurs = cause instanceof DeadlineError || cause instanceof NotReadyError;
    return {
      name,
      ok: false,
      required,
      ms: ms(),
      error: isOurs ? cause.message : "does not answer as it should",
      cause,
    };
  }
}
