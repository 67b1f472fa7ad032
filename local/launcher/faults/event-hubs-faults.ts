import { writevSync } from "node:fs";
import type { FaultHooks } from "@headrace/emulators/event-hubs/faults.ts";
import type { FaultSource } from "./fault-source.ts";
import { FULL_MS, writeToFullDisk } from "./full-disk.ts";
import { createSpell } from "./spell.ts";

const busy = { condition: "com.microsoft:server-busy", description: "The service is busy." } as const;
const forbidden = {
  condition: "amqp:unauthorized-access",
  description: "Unauthorized access. 'Send' or 'Listen' claims are required to perform this operation.",
} as const;
const detached = { condition: "amqp:link:detach-forced", description: "The link was detached." } as const;
const expired = { condition: "amqp:unauthorized-access", description: "ExpiredToken: The token has expired." } as const;

/**
 * Faults of Event Hubs. Those between writing and acknowledging are the worst: the events are in, and the client does
 * not know.
 */
export function createEventHubsFaults(source: FaultSource): FaultHooks {
  const isDiskFull = createSpell(source, "disk-full", FULL_MS);
  return {
    attach: () => (source.draw("forbidden") ? forbidden : undefined),
    write: (...write) => (isDiskFull() ? writeToFullDisk : writevSync)(...write),
    send: () => {
      switch (source.draw("forbidden", "busy", "detached", "expired-token", "dropped", "slow")) {
        case "forbidden":
          return { do: "detach", error: forbidden };
        case "busy":
          return { do: "reject", error: busy };
        case "detached":
          return { do: "detach", error: detached };
        case "expired-token":
          return { do: "detach", error: expired };
        case "dropped":
          return { do: "drop" };
        case "slow":
          return { do: "delay", ms: 300 };
        default:
          return undefined;
      }
    },
    acknowledge: () => {
      switch (source.draw("lost-acknowledgement", "detached-unacknowledged", "dropped-unacknowledged")) {
        case "lost-acknowledgement":
          return { do: "lose" };
        case "detached-unacknowledged":
          return { do: "detach", error: detached };
        case "dropped-unacknowledged":
          return { do: "drop" };
        default:
          return undefined;
      }
    },
    deliver: () => {
      if (source.draw("forbidden")) return { do: "detach", error: forbidden };
      return source.draw("dropped-receiver") ? { do: "drop" } : undefined;
    },
  };
}
