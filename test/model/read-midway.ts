import type { AccountSum } from "../../shared/ledger/account-sum.ts";
import { type Hour, hourOf } from "../../shared/ledger/event-counts.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { AccountRange } from "../../shared/ledger/ledger-store.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import { type At, NOW } from "../support/versions.ts";
import type { Machine } from "./machine.ts";
import { BASE_DAY, orgs } from "./make-traffic.ts";

/** Counts by the name of what they count. */
type Tally = ReadonlyMap<string, number>;

/**
 * Reads an org's account while everything goes on: no count may be lower than what the reader's instance had seen at
 * the beginning of the read, or higher than at its end.
 */
export function startReader({ world, random, scheduler, portsOf }: Machine): void {
  const orgId = random.pick(orgs);
  const first = hourOf(BASE_DAY) + random.pick([-9, 0, 1, 24, 48]);
  const range: AccountRange = {
    by: random.pick(["event", "receipt"]),
    from: first,
    to: first + random.pick([1, 25, 200]),
  };
  const entries = (at: At): LedgerEntry[] => world.ledger.entries(at).filter(({ org_id }) => org_id === orgId);
  scheduler.start(
    `read ${orgId} by ${range.by} ${range.from - hourOf(BASE_DAY)}-${range.to - range.from}`,
    async (process) => {
      const before = tallyOf(entries(world.replicas.seenBy(process, "ledger")), range);
      const seen = tallyOfAccount(await readAccount(portsOf(process).ledger, orgId, range), range);
      const after = tallyOf(entries(NOW), range);
      for (const name of new Set([...seen.keys(), ...after.keys()])) {
        const [low = 0, count = 0, high = 0] = [before.get(name), seen.get(name), after.get(name)];
        if (count < low || count > high) world.violations.push(`a reader saw ${count} ${name}, not ${low} to ${high}`);
      }
    },
  );
}

/** By the events' time, the stored events; by the time of receipt, the outcomes. */
function tallyOf(entries: readonly LedgerEntry[], { by, from, to }: AccountRange): Tally {
  const tally = new Map<string, number>();
  const add = (name: string, hour: Hour, count: number): void => {
    if (hour >= from && hour < to && count > 0)
      tally.set(`${name} ${hour}`, (tally.get(`${name} ${hour}`) ?? 0) + count);
  };
  for (const { counts, outcomes, received_hour } of entries) {
    if (by === "event") for (const [type, hour, count] of counts.rows) add(counts.types[type] ?? "", hour, count);
    else for (const [i, count] of outcomes.entries()) add(`outcome ${i}`, received_hour, count);
  }
  return tally;
}

function tallyOfAccount({ counts, outcomes }: AccountSum, { by }: AccountRange): Tally {
  if (by === "event")
    return new Map(
      [...counts].flatMap(([hour, types]) => [...types].map(([type, n]) => [`${type} ${hour}`, n] as const)),
    );
  return new Map(
    [...outcomes].flatMap(([hour, counted]) => counted.map((n, i) => [`outcome ${i} ${hour}`, n] as const)),
  );
}
