import { randomUUID } from "node:crypto";
import type { Registrations } from "./core-api.ts";
import type { CoreInvocationContext, HookName, LogCategory, LogLevel, RetryContext, TypedData } from "./core-types.ts";
import type { AppFunction } from "./functions.ts";
import { messageOf } from "./host-error.ts";
import type { LogSink } from "./log.ts";

export interface Invocation {
  /** A new one unless it is given. */
  readonly invocationId?: string;
  readonly input: TypedData;
  readonly triggerMetadata?: Record<string, TypedData>;
  readonly retryContext?: RetryContext;
  /** W3C `traceparent` of the caller; a new trace is begun without one. */
  readonly traceParent?: string | undefined;
  readonly traceState?: string | undefined;
}

/**
 * Runs a function once, with its hooks, and answers what the library made of the result.
 *
 * Rejects with the error of the handler (or a hook), and after `functionTimeout`; it is logged then already.
 */
export type Invoke = (fn: AppFunction, invocation: Invocation) => Promise<TypedData | null | undefined>;

export interface Invoker {
  readonly invoke: Invoke;
  /** Runs the app's `appStart` or `appTerminate` hooks in the order of their registration. */
  runAppHooks(name: "appStart" | "appTerminate"): Promise<void>;
}

const TRACE_PARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** 32 hex digits. Not randomBytes(): randomUUID() draws from a cache, and this is done at every invocation. */
function randomHex(): string {
  return randomUUID().replaceAll("-", "");
}

/** The host's own span, a child of the caller's. */
function continueTrace(traceParent: string | undefined): string {
  const spanId = randomHex().slice(16);
  const caller = traceParent === undefined ? null : TRACE_PARENT.exec(traceParent);
  return caller ? `00-${caller[1]}-${spanId}-${caller[2]}` : `00-${randomHex()}-${spanId}-00`;
}

/** A run that took longer than host.json's functionTimeout. */
class FunctionTimeout extends Error {}

async function withTimeout<T>(work: Promise<T>, ms: number, name: string): Promise<T> {
  if (ms === Infinity) return work;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const message = `Timeout value of ${ms} ms was exceeded by function: Functions.${name}`;
    timer = setTimeout(() => reject(new FunctionTimeout(message)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

export interface InvokerOptions {
  readonly log: LogSink;
  /** host.json's functionTimeout. */
  readonly timeoutMs: number;
  /** Ends the worker, with all that it has in hand, after a run that took longer. */
  readonly killWorker: (invocationId: string) => void;
}

/** Invocations as azure-functions-nodejs-worker does them (`src/eventHandlers/InvocationHandler.ts`). */
export function createInvoker(
  { hooks, model }: Registrations,
  { log, timeoutMs, killWorker }: InvokerOptions,
): Invoker {
  const appHookData = {};
  const appLevelHookData = {};

  async function runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const hook of hooks.get(name) ?? []) await hook(context);
  }

  function createLogger(
    fn: AppFunction,
    invocationId: string,
    getContext: () => unknown,
  ): CoreInvocationContext["log"] {
    return (level: LogLevel, category: LogCategory, message: string) => {
      const entry = { level, message, category, invocationContext: getContext(), hookData: {}, appHookData };
      for (const hook of hooks.get("log") ?? []) hook(entry);
      log({
        level: entry.level,
        category: category === "user" ? `Function.${fn.name}.User` : `Function.${fn.name}`,
        functionName: fn.name,
        invocationId,
        message: entry.message,
      });
    };
  }

  async function run(fn: AppFunction, core: CoreInvocationContext, holder: { context?: unknown }) {
    const invocationModel = model.getInvocationModel(core);
    const { context, inputs } = await invocationModel.getArguments();
    holder.context = context;
    const pre = { hookData: {}, appHookData, invocationContext: context, functionCallback: fn.callback, inputs };
    core.state = "preInvocationHooks";
    await runHooks("preInvocation", pre);
    const post: Record<string, unknown> = {
      hookData: pre.hookData,
      appHookData,
      invocationContext: context,
      inputs: pre.inputs,
      result: null,
      error: null,
    };
    core.state = "invocation";
    try {
      post.result = await invocationModel.invokeFunction(context, pre.inputs, pre.functionCallback);
    } catch (error) {
      post.error = error ?? new Error("The function threw nothing.");
    }
    core.state = "postInvocationHooks";
    await runHooks("postInvocation", post);
    if (post.error !== null && post.error !== undefined) throw post.error;
    return (await invocationModel.getResponse(context, post.result)).returnValue;
  }

  const invoke: Invoke = async (
    fn,
    { input, triggerMetadata = {}, retryContext, traceParent, traceState, ...given },
  ) => {
    const { invocationId = randomUUID() } = given;
    const started = performance.now();
    const holder: { context?: unknown } = {};
    const core: CoreInvocationContext = {
      invocationId,
      metadata: fn.metadata,
      request: {
        invocationId,
        inputData: [{ name: fn.bindingName, data: input }],
        triggerMetadata,
        traceContext: { traceParent: continueTrace(traceParent), ...(traceState && { traceState }) },
        ...(retryContext && { retryContext }),
      },
      log: createLogger(fn, invocationId, () => holder.context),
    };
    const report = (level: LogLevel, outcome: string): void => {
      const message = `Executed 'Functions.${fn.name}' (${outcome}, Duration=${Math.round(performance.now() - started)}ms)`;
      log({ level, category: `Function.${fn.name}`, functionName: fn.name, invocationId, message });
    };
    try {
      const result = await withTimeout(run(fn, core, holder), timeoutMs, fn.name);
      report("debug", "Succeeded");
      return result;
    } catch (error) {
      report("error", `Failed: ${(error instanceof Error && error.stack) || messageOf(error)}`);
      if (error instanceof FunctionTimeout) killWorker(invocationId);
      throw error;
    }
  };

  return { invoke, runAppHooks: (name) => runHooks(name, { hookData: appLevelHookData, appHookData }) };
}
