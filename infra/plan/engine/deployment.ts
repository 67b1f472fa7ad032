import { armIdOf } from "./arm-id.ts";
import { type Change, changeOf, deletionOf, refusalOf } from "./changes.ts";
import { createHookRunner, type HookRunner, type HookRunnerOptions } from "./hook-runner.ts";
import type { HookCall, HookRun } from "./hooks.ts";
import type { Log } from "./log.ts";
import { outputsOf, previewOf } from "./outputs.ts";
import type { Kept, Registration, State } from "./registration.ts";
import type { Properties } from "./values.ts";

export interface DeploymentOptions extends HookRunnerOptions {
  /** What the last run left; empty: nothing is there yet. */
  readonly state: State;
  readonly subscriptionId: string;
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
  readonly hooks: HookRunner;
  /** Makes, changes or keeps one resource. Throws an Error where Pulumi or Azure would refuse it, or a hook fails. */
  register(registration: Registration): Promise<Kept>;
  /** Deletes what the program no longer asks for. Throws an Error if something of it is protected. */
  finish(): Promise<void>;
  state(): State;
}

/** One preview or update: what Pulumi's engine and azure-native do, with nothing behind them. */
export function createDeployment(options: DeploymentOptions): Deployment {
  const { preview, state } = options;
  const recorded: Recorded = { registrations: [], changes: [], hookRuns: [], logs: [], outputs: new Map() };
  const hooks = createHookRunner(recorded, options);
  const kept = new Map(Object.entries(state));
  const asked = new Set<string>();

  async function register(registration: Registration): Promise<Kept> {
    const { urn } = registration;
    if (asked.has(urn)) throw new Error(`Duplicate resource URN '${urn}'`);
    asked.add(urn);
    recorded.registrations.push(registration);
    const before = kept.get(urn);
    const change = changeOf(registration, before);
    decide(change);
    if (change.operation === "same" && before) return save({ ...before, registration });
    if (change.operation === "replace" && before) await remove(before);
    const old = change.operation === "update" ? before : undefined;
    await hooks.run(registration, old ? "beforeUpdate" : "beforeCreate", callOf(registration, old));
    const made = save(make(registration, old, options));
    // Pulumi keeps what is made though a hook after it fails, and calls no hook of it until it changes again.
    await hooks.run(registration, old ? "afterUpdate" : "afterCreate", callOf(registration, old, made));
    return made;
  }

  function decide(change: Change): void {
    recorded.changes.push(change);
    const refusal = refusalOf(change, preview);
    if (refusal !== undefined) throw new Error(refusal);
  }

  function save(made: Kept): Kept {
    if (!preview) kept.set(made.registration.urn, made);
    return made;
  }

  async function remove(old: Kept): Promise<void> {
    await hooks.run(old.registration, "beforeDelete", callOf(undefined, old));
    if (!preview) kept.delete(old.registration.urn);
    await hooks.run(old.registration, "afterDelete", callOf(undefined, old));
  }

  async function finish(): Promise<void> {
    const gone = [...kept.values()].filter(({ registration }) => !asked.has(registration.urn)).reverse();
    for (const old of gone) {
      decide(deletionOf(old));
      if (!old.registration.retainOnDelete) await remove(old);
    }
  }

  return { recorded, hooks, register, finish, state: () => (preview ? state : Object.fromEntries(kept)) };
}

function make(registration: Registration, old: Kept | undefined, { preview, subscriptionId }: DeploymentOptions): Kept {
  if (!registration.custom) return { registration, id: "", outputs: {} };
  if (preview) return { registration, id: old?.id ?? "", outputs: previewOf(registration, old) };
  const id = old?.id ?? armIdOf(registration, subscriptionId);
  return { registration, id, outputs: outputsOf(registration, id, old) };
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
