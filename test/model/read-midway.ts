import type { AccountSum } from "../../shared/ledger/account-sum.ts";
import type { Counted } from "../../shared/ledger/adjustment.ts";
import { type Hour, hourOf } from "../../shared/ledger/event-counts.ts";
import type { AccountRange } from "../../shared/ledger/ledger-store.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import { type At, NOW } from "../support/versions.ts";
import type { Machine } from "./machine.ts";
import { BASE_DAY, orgs } from "./make-traffic.ts";

/** Counts by the name of what they count. */
type Tally = ReadonlyMap<string, number>;

/** Something that adds to an account, or takes away. */
type Adds = Pick<Counted, "id" | "counts" | "outcomes" | "received_hour">;

/**
 * Reads an org's account while everything goes on: no count may be lower than what the reader's instance had seen at
 * the beginning of the read, or higher than at its end. What was added meanwhile may be in it or not.
 */
export function startReader({ world, random, scheduler, portsOf, later }: Machine): void {
  const orgId = random.pick(orgs);
  const first = hourOf(BASE_DAY) + random.pick([-9, 0, 1, 24, 48]);
  const range: AccountRange = {
    by: random.pick(["event", "receipt"]),
    from: first,
    to: first + random.pick([1, 25, 200]),
  };
  const everything = (at: At): Adds[] =>
    [...world.ledger.entries(at), ...world.ledger.adjustments(at)].filter(({ org_id }) => org_id === orgId);
  scheduler.start(
    `read ${orgId} by ${range.by} ${range.from - hourOf(BASE_DAY)}-${range.to - range.from}`,
    async (process) => {
      const { setBack } = later;
      const before = everything(world.replicas.seenBy(process, "ledger"));
      const seen = tallyOfAccount(await readAccount(portsOf(process).ledger, orgId, range), range);
      // A reading beside a failover or a restore is of two histories.
      if (later.blind === orgId || (later.disaster !== "damage" && later.setBack !== setBack)) return;
      const known = new Set(before.map(({ id }) => id));
      const meanwhile = everything(NOW).filter(({ id }) => !known.has(id));
      const lows = tallyOf(before, meanwhile, range, Math.min);
      const highs = tallyOf(before, meanwhile, range, Math.max);
      for (const name of new Set([...seen.keys(), ...highs.keys()])) {
        const [low = 0, count = 0, high = 0] = [lows.get(name), seen.get(name), highs.get(name)];
        if (count < Math.max(0, low) || count > high)
          world.violations.push(`a reader saw ${count} ${name}, not ${low} to ${high}`);
      }
    },
  );
}

/** By the events' time, the stored events; by the time of receipt, the outcomes. */
function tallyOf(
  before: readonly Adds[],
  meanwhile: readonly Adds[],
  range: AccountRange,
  bound: (a: number, b: number) => number,
): Tally {
  const tally = new Map<string, number>();
  const add = (name: string, count: number): void => void tally.set(name, (tally.get(name) ?? 0) + count);
  for (const one of before) addEach(one, range, add);
  for (const one of meanwhile) addEach(one, range, (name, count) => add(name, bound(0, count)));
  return tally;
}

function addEach(
  { counts, outcomes, received_hour }: Adds,
  { by, from, to }: AccountRange,
  add: (name: string, count: number) => void,
): void {
  const addAt = (name: string, hour: Hour, count: number): void => {
    if (hour >= from && hour < to && count !== 0) add(`${name} ${hour}`, count);
  };
  if (by === "event") for (const [type, hour, count] of counts.rows) addAt(counts.types[type] ?? "", hour, count);
  else for (const [i, count] of outcomes.entries()) addAt(`outcome ${i}`, received_hour, count);
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
