import type { MeterKey } from "./meters.ts";
import type { Planned } from "./planned.ts";

/** So much of a meter, in a month. */
export interface Charge {
  readonly of: Planned;
  readonly meter: MeterKey;
  /** In the meter's unit. */
  readonly quantity: number;
}

export type Quantities = Readonly<Partial<Record<MeterKey, number>>>;

/** One for each meter that is used at all; what is free is named, too. */
export function chargesOf(of: Planned, quantities: Quantities): Charge[] {
  return (Object.entries(quantities) as [MeterKey, number][])
    .filter(([, quantity]) => quantity > 0)
    .map(([meter, quantity]) => ({ of, meter, quantity }));
}
