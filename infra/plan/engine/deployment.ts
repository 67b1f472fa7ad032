import { armIdOf } from "./arm-id.ts";
import { type Change, changeOf, deletionOf } from "./changes.ts";
import type { Deployer } from "./functions.ts";
import { callHook, type HookCall, type HookRun, type RegisteredHook } from "./hooks.ts";
import { outputsOf, previewOf } from "./outputs.ts";
import type { HookEvent, Kept, Registration, State } from "./registration.ts";
import type { Properties } from "./values.ts";

export interface DeploymentOptions {
  readonly preview: boolean;
  /** What the last run left; empty: nothing is there yet. */
  readonly state: State;
  readonly deployer: Deployer;
}

export interface Log {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  readonly urn?: string;
}

/** What a run did. Every list is in the order in which it happened. */
export interface Recorded {
  readonly registrations: Registration[];
  readonly changes: Change[];
  readonly hookRuns: HookRun[];
  readonly logs: Log[];
  /** What components and the stack gave, by URN. */
  readonly outputs: Map<string, Properties>;
}

export interface Deployment {
  readonly recorded: Recorded;
  readonly hooks: Map<string, RegisteredHook>;
  /** Makes, changes or keeps one resource. Throws an Error where Pulumi or Azure would refuse it, or a hook fails. */
  register(registration: Registration): Promise<{ readonly id: string; readonly outputs: Properties }>;
  /** Deletes what the program no longer asks for. Throws an Error if something of it is protected. */
  finish(): Promise<void>;
  state(): State;
}

/** One preview or update: what Pulumi's engine and azure-native do, with nothing behind them. */
export function createDeployment({ preview, state, deployer }: DeploymentOptions): Deployment {
  const recorded: Recorded = { registrations: [], changes: [], hookRuns: [], logs: [], outputs: new Map() };
  const hooks = new Map<string, RegisteredHook>();
  const kept = new Map(Object.entries(state));
  const asked = new Set<string>();

  async function register(registration: Registration) {
    if (asked.has(registration.urn)) throw new Error(`Duplicate resource URN '${registration.urn}'`);
    asked.add(registration.urn);
    recorded.registrations.push(registration);
    const before = kept.get(registration.urn);
    const change = changeOf(registration, before);
    recorded.changes.push(change);
    refuse(change);
    if (change.operation === "same" && before) return keep(registration, before);
    if (change.operation === "replace" && before) await remove(before);
    const old = change.operation === "update" ? before : undefined;
    await runHooks(registration, old ? "beforeUpdate" : "beforeCreate", callOf(registration, old));
    const made = make(registration, old);
    await runHooks(registration, old ? "afterUpdate" : "afterCreate", callOf(registration, old, made));
    return made;
  }

  function refuse({ operation, protect, urn, refused }: Change): void {
    if (operation === "replace" && protect)
      throw new Error(`unable to replace resource "${urn}" as it is currently marked for protection`);
    if (operation === "delete" && protect)
      throw new Error(`resource "${urn}" cannot be deleted because it is protected`);
    if (refused.length > 0 && !preview) throw new Error(`Azure refuses to change ${refused.join(", ")} of "${urn}"`);
  }

  function keep(registration: Registration, before: Kept): Kept {
    kept.set(registration.urn, { ...before, registration });
    return before;
  }

  /** A failed after-hook finds this done: Pulumi keeps the resource as made, and runs no hook of it until it changes again. */
  function make(registration: Registration, old: Kept | undefined): Kept {
    if (!registration.custom) return save({ registration, id: "", outputs: {} });
    if (preview) return save({ registration, id: old?.id ?? "", outputs: previewOf(registration) });
    const id = old?.id ?? armIdOf(registration, deployer.subscriptionId);
    return save({ registration, id, outputs: outputsOf(registration, id) });
  }

  function save(made: Kept): Kept {
    if (!preview) kept.set(made.registration.urn, made);
    return made;
  }

  async function remove(old: Kept): Promise<void> {
    const call = callOf(undefined, old);
    await runHooks(old.registration, "beforeDelete", call);
    if (!preview) kept.delete(old.registration.urn);
    await runHooks(old.registration, "afterDelete", call);
  }

  async function runHooks(of: Registration, event: HookEvent, call: HookCall): Promise<void> {
    for (const name of of.hooks[event] ?? []) {
      const hook = hooks.get(name);
      if (hook === undefined) throw new Error(`resource hook not registered for ${name}`);
      if (preview && !hook.onPreview) continue;
      const error = await callHook(hook, call);
      recorded.hookRuns.push({ hook: name, event, urn: call.urn, ...(error === undefined ? {} : { error }) });
      if (error === undefined) continue;
      if (!hook.ignoreErrors) throw new Error(`${event} hook "${name}" of "${call.urn}" failed: ${error}`);
      recorded.logs.push({ severity: "warning", message: `${event} hook "${name}" failed: ${error}`, urn: call.urn });
    }
  }

  async function finish(): Promise<void> {
    const gone = [...kept.values()].filter(({ registration }) => !asked.has(registration.urn)).reverse();
    for (const old of gone) {
      const change = deletionOf(old);
      recorded.changes.push(change);
      refuse(change);
      if (!old.registration.retainOnDelete) await remove(old);
    }
  }

  return { recorded, hooks, register, finish, state: () => (preview ? state : Object.fromEntries(kept)) };
}

function callOf(registration: Registration | undefined, old?: Kept, made?: Kept): HookCall {
  const { urn = "", name = "", type = "" } = registration ?? old?.registration ?? {};
  return {
    urn,
    name,
    type,
    id: made?.id ?? old?.id ?? "",
    newInputs: registration?.inputs,
    oldInputs: old?.registration.inputs,
    newOutputs: made?.outputs,
    oldOutputs: old?.outputs,
  };
}
