import { z } from "zod";
import type { Meter, Query } from "./meters.ts";

/**
 * The public Retail Prices API, without a login ("Azure Retail Prices overview",
 * learn.microsoft.com/rest/api/cost-management/retail-prices). Values of its filter are case-sensitive in this version.
 */
const API = "https://prices.azure.com/api/retail/prices";
const VERSION = "2023-01-01-preview";

const itemShape = z.looseObject({
  currencyCode: z.string(),
  tierMinimumUnits: z.number(),
  retailPrice: z.number(),
  unitOfMeasure: z.string(),
  type: z.string(),
});
const pageShape = z.looseObject({ Items: z.array(itemShape), NextPageLink: z.string().nullish() });

export type Item = z.output<typeof itemShape>;

export interface Page {
  readonly items: readonly Item[];
  /** The address of the next page; undefined: this is the last. */
  readonly next: string | undefined;
}

/** Where one meter's prices are. */
export function addressOf(query: Query, region: string): string {
  const { serviceName, productName, skuName, meterName } = query;
  const wanted = { serviceName, productName, skuName, meterName, priceType: "Consumption" };
  const armRegionName = query.region ?? region;
  const filter = Object.entries(armRegionName === "" ? wanted : { ...wanted, armRegionName })
    .map(([name, value]) => `${name} eq '${value.replaceAll("'", "''")}'`)
    .join(" and ");
  return `${API}?${new URLSearchParams({ "api-version": VERSION, currencyCode: "'USD'", $filter: filter }).toString()}`;
}

/** Throws an Error for what is not the documented form. */
export function readPage(body: unknown): Page {
  const parsed = pageShape.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`the API's answer is not as documented (${issue?.path.join(".")}: ${issue?.message})`);
  }
  return { items: parsed.data.Items, next: parsed.data.NextPageLink || undefined };
}

export type Found = { readonly price: number } | { readonly problem: string };

/** US dollars for one of the meter's unit: of the first tier that costs anything. */
export function priceOf(items: readonly Item[], { query, units = 1 }: Meter): Found {
  const own = items.filter(({ type, currencyCode }) => type === "Consumption" && currencyCode === "USD");
  if (own.length === 0) return { problem: "the API has no such meter" };
  const [wrong] = own.filter(({ unitOfMeasure }) => unitOfMeasure !== query?.unitOfMeasure);
  if (wrong) return { problem: `the API's unit is "${wrong.unitOfMeasure}", not "${query?.unitOfMeasure}"` };
  const paid = own.filter(({ retailPrice }) => retailPrice > 0);
  const first = Math.min(...paid.map(({ tierMinimumUnits }) => tierMinimumUnits));
  const prices = new Set(paid.filter((item) => item.tierMinimumUnits === first).map((item) => item.retailPrice));
  const [price, ...more] = prices;
  if (price === undefined) return { problem: "the API has it for nothing" };
  if (more.length > 0) return { problem: `the API has several prices: ${[...prices].join(", ")}` };
  return { price: Number((price * units).toPrecision(12)) };
}
