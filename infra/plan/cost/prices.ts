import { z } from "zod";
import { type MeterKey, meterKeys } from "./meters.ts";

const priceShape = z.strictObject({
  /** US dollars for one of the meter's unit. */
  price: z.number().nonnegative(),
  /** ARM's region, `Zone 1` of Front Door, `Global`, or `any` where Microsoft says that there is no difference. */
  region: z.string().min(1),
  /** When it was read, or the source was written. */
  date: z.iso.date(),
  source: z.string().min(1),
  /** Whether Microsoft itself says it: its API, or a page of its documentation. */
  firstHand: z.boolean(),
});

export type Price = z.output<typeof priceShape>;
export type Prices = Readonly<Record<MeterKey, Price>>;

const pricesShape = z.strictObject({
  /** The region that is asked for, where prices are a region's. */
  region: z.string().min(1),
  prices: z.record(z.enum(meterKeys), priceShape),
});

export interface PriceList {
  readonly region: string;
  readonly prices: Prices;
}

/** Reads prices.json. Throws an Error that names the meter that has no price, or a wrong one. */
export function readPrices(list: unknown): PriceList {
  const parsed = pricesShape.safeParse(list);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  - ${path.join(".")}: ${message}`);
  throw new Error(
    "infra/plan/cost/prices.json is not complete: write the price with its source, or `npm run infra:prices`\n" +
      problems.join("\n"),
  );
}
