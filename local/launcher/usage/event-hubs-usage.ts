import type { FaultHooks } from "@headrace/emulators/event-hubs/faults.ts";
import type { UsageCounter } from "./usage-counter.ts";

/** Counts the events written to a hub (`sends`, `messages`, `bytes`) and those given to receivers (`delivered`). */
export function countEventHubsUsage(hooks: FaultHooks, counter: UsageCounter): FaultHooks {
  return {
    ...hooks,
    acknowledge: (point) => {
      counter.add("sends");
      counter.add("messages", point.events);
      counter.add("bytes", point.bytes);
      return hooks.acknowledge?.(point);
    },
    deliver: (point) => {
      counter.add("delivered");
      return hooks.deliver?.(point);
    },
  };
}
