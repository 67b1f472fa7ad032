import { isDisabled } from "./app-settings.ts";
import type { Registrations } from "./core-api.ts";
import type { BindingInfo, FunctionCallback, FunctionMetadata, RetryOptions } from "./core-types.ts";
import { HostError } from "./host-error.ts";

export type TriggerType = "http" | "eventHub" | "queue" | "timer" | "warmup";

const TRIGGERS: Readonly<Record<string, TriggerType>> = {
  httptrigger: "http",
  eventhubtrigger: "eventHub",
  queuetrigger: "queue",
  timertrigger: "timer",
  warmuptrigger: "warmup",
};

/** azure-functions-host `Utility.ValidateFunctionName`. */
const FUNCTION_NAME = /^[a-z][a-z0-9_-]{0,127}$/i;

export interface AppFunction {
  readonly name: string;
  readonly trigger: TriggerType;
  readonly bindingName: string;
  readonly binding: BindingInfo;
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
  readonly retry: RetryOptions | undefined;
  readonly disabled: boolean;
}

/** A binding's property if it is a text; the library passes on whatever the app wrote. */
export function textProperty(fn: AppFunction, key: string): string | undefined {
  const value = fn.binding[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** @throws HostError when the property is missing or not a text */
export function requireTextProperty(fn: AppFunction, key: string): string {
  const value = textProperty(fn, key);
  if (value === undefined) throw new HostError(`Function ${fn.name}: ${key} must be a non-empty text.`);
  return value;
}

function refuseOtherBindings(name: string, trigger: TriggerType, bindings: [string, BindingInfo][]): void {
  for (const [key, binding] of bindings) {
    if (trigger === "http" && key === "$return" && binding.type.toLowerCase() === "http") continue;
    throw new HostError(
      `Function ${name}: the local host has no ${binding.direction} binding of type ${binding.type}.`,
    );
  }
}

function toAppFunction({ metadata, callback }: Registrations["functions"][number]): AppFunction {
  const { name, bindings, retryOptions: retry } = metadata;
  if (!FUNCTION_NAME.test(name)) throw new HostError(`'${name}' is not a valid function name.`);
  const entries = Object.entries(bindings);
  const found = entries.find(([, binding]) => /trigger$/i.test(binding.type));
  if (!found) throw new HostError(`Function ${name} has no trigger.`);
  const [bindingName, binding] = found;
  const trigger = TRIGGERS[binding.type.toLowerCase()];
  if (!trigger) throw new HostError(`Function ${name}: the local host has no trigger of type ${binding.type}.`);
  refuseOtherBindings(
    name,
    trigger,
    entries.filter((entry) => entry !== found),
  );
  if (retry && trigger !== "eventHub" && trigger !== "timer") {
    throw new HostError(`Function ${name}: a retry policy is supported on Event Hubs and timer triggers only.`);
  }
  return { name, trigger, bindingName, binding, metadata, callback, retry, disabled: isDisabled(name) };
}

/** Functions in the order that decides between routes: by name, ignoring case (host `FunctionMetadataManager.cs`). */
export function listFunctions(registrations: Registrations): AppFunction[] {
  const byName = (a: AppFunction, b: AppFunction): number => {
    const [x, y] = [a.name.toLowerCase(), b.name.toLowerCase()];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  return registrations.functions.map(toAppFunction).sort(byName);
}
