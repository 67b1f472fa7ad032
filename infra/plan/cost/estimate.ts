import { requireKnown } from "./billing.ts";
import type { Charge } from "./charge.ts";
import type { Cost, CostLine, Load } from "./cost.ts";
import { flowOf } from "./flow.ts";
import { lacksOf } from "./lacks.ts";
import { readMeasured } from "./measured.ts";
import { type Meter, type MeterKey, meters } from "./meters.ts";
import { type Planned, titleOf } from "./planned.ts";
import { type Prices, readPrices } from "./prices.ts";
import { chargeCosmos } from "./services/cosmos.ts";
import { chargeEventHubs } from "./services/event-hubs.ts";
import { chargeFrontDoor } from "./services/front-door.ts";
import { chargeFunctions } from "./services/functions.ts";
import { chargeKeyVault } from "./services/key-vault.ts";
import { chargeMonitoring } from "./services/monitoring.ts";
import { chargeNetwork } from "./services/network.ts";
import { chargeStorage } from "./services/storage.ts";
import { loadStack, type Stack } from "./stack.ts";

export interface Estimate extends Cost {
  /** What the stack is too small for at this load. */
  readonly lacks: readonly string[];
}

const services: readonly ((stack: Stack) => Charge[])[] = [
  chargeFrontDoor,
  chargeFunctions,
  chargeEventHubs,
  chargeCosmos,
  chargeStorage,
  chargeKeyVault,
  chargeNetwork,
  chargeMonitoring,
];

/**
 * What a stack costs a month under a load: `measured` is docs/benchmarks.json, `prices` prices.json. `batch` is how
 * many events a request has, one of those that were measured. Throws an Error that names what is missing in either
 * file, or in the plan.
 */
export function estimate(
  { registrations }: { readonly registrations: readonly Planned[] },
  load: Load & { readonly batch?: number },
  measured: unknown,
  prices: unknown,
): Estimate {
  requireKnown(registrations);
  const list = readPrices(prices);
  const stack = loadStack(registrations, flowOf(load, readMeasured(measured, load.batch)));
  const lines = services.flatMap((charge) => charge(stack)).map((charge) => toLine(charge, list.prices));
  return { lines, total: lines.reduce((sum, { monthly }) => sum + monthly, 0), lacks: lacksOf(stack) };
}

function toLine({ of, meter, quantity }: Charge, prices: Prices): CostLine {
  const { price, firstHand } = prices[meter];
  const { unit } = meters[meter];
  return { resource: titleOf(of), meter: nameOf(meter), quantity, unit, price, monthly: quantity * price, firstHand };
}

/** The bill's own words. */
function nameOf(key: MeterKey): string {
  const { query }: Meter = meters[key];
  return query?.meterName ?? "Included";
}
