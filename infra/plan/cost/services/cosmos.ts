import { assumed } from "../assumptions.ts";
import { type Charge, chargesOf } from "../charge.ts";
import { ofType, type Planned, textAt, valueAt } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { GB, HOURS, MONTH_SECONDS } from "../units.ts";

/** Throughput that is bought as one: a container's own, or what the other containers of the database share. */
export interface Offer {
  readonly of: Planned;
  /** RU/s at most. */
  readonly max: number;
  /** RU/s that the load takes. */
  readonly used: number;
}

const MAX = "options.autoscaleSettings.maxThroughput";
/** Autoscale never falls below a tenth. */
const LEAST = 0.1;

/**
 * Each hour is billed by its highest second: this is a load without any. What the load needs is billed, also where the
 * stack would not give it. Zones cost nothing more with autoscale (reliability-cosmos-db-nosql.md, 2025-06-11).
 */
export function chargeCosmos(stack: Stack): Charge[] {
  const { planned, flow } = stack;
  // What one month leaves; the next adds as much.
  const gb = (flow.storedBytes * (1 + assumed("indexShare")) * MONTH_SECONDS) / GB;
  const accounts = ofType(planned, "cosmosdb:DatabaseAccount").flatMap((account) => {
    const tier = textAt(account, "backupPolicy.continuousModeProperties.tier");
    return chargesOf(account, { cosmosData: gb, cosmosBackup: tier === "Continuous30Days" ? gb : 0 });
  });
  const throughput = offersOf(stack).flatMap(({ of, max, used }) =>
    chargesOf(of, { cosmosThroughput: (Math.max(max * LEAST, used) / 100) * HOURS }),
  );
  return [...throughput, ...accounts];
}

export function offersOf({ planned, flow: { eventRu, otherRu } }: Stack): Offer[] {
  const containers = ofType(planned, "cosmosdb:SqlResourceSqlContainer");
  const load: Readonly<Record<string, number>> = { events: eventRu, ledger: otherRu };
  const own = containers.flatMap((container): Offer[] => {
    const max = maxOf(container);
    return max === undefined ? [] : [{ of: container, max, used: load[textAt(container, "containerName")] ?? 0 }];
  });
  const used = own.reduce((sum, offer) => sum + offer.used, 0);
  const shared = ofType(planned, "cosmosdb:SqlResourceSqlDatabase").flatMap((database): Offer[] => {
    const max = maxOf(database);
    return max === undefined ? [] : [{ of: database, max, used: Math.max(0, eventRu + otherRu - used) }];
  });
  return [...own, ...shared];
}

function maxOf(planned: Planned): number | undefined {
  const max = valueAt(planned, MAX);
  return typeof max === "number" ? max : undefined;
}
