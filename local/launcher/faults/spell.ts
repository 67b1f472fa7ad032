import type { FaultSource } from "./fault-source.ts";
import type { FaultKind } from "./profiles.ts";

/** Whether a fault that lasts is on: drawn at one look, it stays for `ms`. */
export function createSpell(source: FaultSource, kind: FaultKind, ms: number): () => boolean {
  let until = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() < until) return true;
    if (source.draw(kind) === undefined) return false;
    until = performance.now() + ms;
    return true;
  };
}
