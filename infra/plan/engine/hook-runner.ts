import { callHook, type HookCall, type HookRun, type RegisteredHook } from "./hooks.ts";
import type { Log } from "./log.ts";
import type { HookEvent, Registration } from "./registration.ts";

export interface HookRunnerOptions {
  readonly preview: boolean;
  /** Without it hooks are recorded with their resources, and none is called. */
  readonly callHooks: boolean;
}

export interface HookRunner {
  register(name: string, hook: RegisteredHook): void;
  /**
   * Calls the hooks that a resource has for an event, one after the other. Throws an Error if one fails that may not.
   */
  run(of: Registration, event: HookEvent, call: HookCall): Promise<void>;
}

/** Calls hooks as Pulumi's engine does: in a preview only those that ask for it. */
export function createHookRunner(
  { hookRuns, logs }: { readonly hookRuns: HookRun[]; readonly logs: Log[] },
  { preview, callHooks }: HookRunnerOptions,
): HookRunner {
  const hooks = new Map<string, RegisteredHook>();

  async function runOne(name: string, event: HookEvent, call: HookCall): Promise<void> {
    const hook = hooks.get(name);
    if (hook === undefined) throw new Error(`resource hook not registered for ${name}`);
    if (!callHooks || (preview && !hook.onPreview)) return;
    const error = await callHook(hook, call);
    hookRuns.push({ hook: name, event, urn: call.urn, ...(error === undefined ? {} : { error }) });
    if (error === undefined) return;
    const message = `${event} hook "${name}" of "${call.urn}" failed: ${error}`;
    if (!hook.ignoreErrors) throw new Error(message);
    logs.push({ severity: "warning", message, urn: call.urn });
  }

  return {
    register: (name, hook) => hooks.set(name, hook),
    run: async (of, event, call) => {
      for (const name of of.hooks[event] ?? []) await runOne(name, event, call);
    },
  };
}
