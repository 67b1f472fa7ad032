import { type Counted, createCounted } from "./counted.ts";
import type { Judge, SentEvent } from "./step.ts";
import type { Settling } from "./taken-receipts.ts";

/** What is counted of each org. */
export interface Accounts {
  send(org: string, fresh: readonly SentEvent[]): void;
  settle(settling: Settling): void;
  begin(what: "metrics" | "ledger", org: string, at: number): Judge;
}

export function createAccounts(lagMs: number): Accounts {
  const orgs = new Map<string, Record<"metrics" | "ledger", Counted>>();
  const of = (org: string): Record<"metrics" | "ledger", Counted> => {
    const counts = orgs.get(org) ?? {
      metrics: createCounted(`${org}: metrics`, lagMs),
      // Of a request without an answer nobody knows how often it was taken.
      ledger: createCounted(`${org}: the ledger's totals`, lagMs, ["duplicate", "quarantined"]),
    };
    orgs.set(org, counts);
    return counts;
  };
  return {
    send: (org, fresh) => {
      const { metrics, ledger } = of(org);
      for (const { cell } of fresh) if (cell !== undefined) metrics.allow(cell, 1);
      ledger.allow("stored", fresh.length);
    },
    settle: ({ receipt: { org, events }, settled, at, instance }) => {
      const { metrics, ledger } = of(org);
      const notStored = new Set(settled.notStored.map(({ index }) => index));
      for (const [index, { cell }] of events.entries())
        if (cell !== undefined && !notStored.has(index)) metrics.settle(cell, 1, at, instance);
      for (const [i, name] of (["stored", "duplicate", "quarantined"] as const).entries())
        ledger.settle(name, settled.outcomes[i] ?? 0, at, instance);
    },
    begin: (what, org, at) => of(org)[what].begin(at),
  };
}
