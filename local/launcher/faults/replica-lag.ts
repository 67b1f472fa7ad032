import type { ReplicaLag } from "@headrace/emulators/cosmos/replicas/keep-sessions.ts";
import type { FaultSource } from "./fault-source.ts";

/** Longer than replicas of one region lag. Shorter than work that waits for them is put back for. */
export const LAG_MS = 2_000;

export function createReplicaLag(source: FaultSource): ReplicaLag {
  return {
    isLagging: () => source.draw("lagging") !== undefined,
    isAlone: () => source.draw("alone") !== undefined,
    ms: LAG_MS,
  };
}
