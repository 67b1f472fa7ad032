import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type Meter, type MeterKey, meterKeys, meters, type Query } from "../../../../infra/plan/cost/meters.ts";
import { readPrices } from "../../../../infra/plan/cost/prices.ts";
import { refreshPrices } from "../../../../infra/plan/cost/refresh.ts";
import { addressOf, priceOf, readPage } from "../../../../infra/plan/cost/retail-prices.ts";

const list = readPrices(JSON.parse(await readFile("infra/plan/cost/prices.json", "utf8")));

/** Where the API has a meter's price. Throws an Error for what is free. */
function queryOf(key: MeterKey): Query {
  const { query }: Meter = meters[key];
  if (query === undefined) throw new Error(`${key} is free`);
  return query;
}

/** An answer in the form that "Azure Retail Prices overview" documents. */
const item = {
  currencyCode: "USD",
  tierMinimumUnits: 0,
  retailPrice: 0.03,
  unitPrice: 0.03,
  armRegionName: "westeurope",
  location: "EU West",
  effectiveStartDate: "2020-08-01T00:00:00Z",
  meterId: "00000000-0000-0000-0000-000000000000",
  meterName: "Standard Throughput Unit",
  productId: "DZH318Z0BQFF",
  skuId: "DZH318Z0BQFF/0001",
  productName: "Event Hubs",
  skuName: "Standard",
  serviceName: "Event Hubs",
  serviceId: "DZH314HC0WV9",
  serviceFamily: "Internet of Things",
  unitOfMeasure: "1 Hour",
  type: "Consumption",
  isPrimaryMeterRegion: true,
  armSkuName: "",
};
const page = (Items: unknown[], NextPageLink: string | null = null) => ({
  BillingCurrency: "USD",
  CustomerEntityId: "Default",
  CustomerEntityType: "Retail",
  Items,
  NextPageLink,
  Count: Items.length,
});

describe("the address of a price", () => {
  it("asks for one meter in one region, in dollars, without reservations", () => {
    const url = new URL(addressOf(queryOf("hubThroughputUnit"), "westeurope"));
    expect(url.origin + url.pathname).toBe("https://prices.azure.com/api/retail/prices");
    expect(url.searchParams.get("currencyCode")).toBe("'USD'");
    expect(url.searchParams.get("$filter")).toBe(
      "serviceName eq 'Event Hubs' and productName eq 'Event Hubs' and skuName eq 'Standard' and " +
        "meterName eq 'Standard Throughput Unit' and priceType eq 'Consumption' and armRegionName eq 'westeurope'",
    );
  });

  it("asks in the region that a meter has, or in none", () => {
    const filterOf = (key: "frontDoorBase" | "endpoint" | "privateZone") =>
      new URL(addressOf(queryOf(key), "westeurope")).searchParams.get("$filter");
    expect(filterOf("frontDoorBase")).toContain("armRegionName eq 'Zone 1'");
    expect(filterOf("endpoint")).toContain("armRegionName eq 'Global'");
    expect(filterOf("privateZone")).not.toContain("armRegionName");
  });
});

describe("an answer of the API", () => {
  const meter = meters.hubThroughputUnit;
  const priceIn = (...items: object[]) => priceOf(readPage(page(items)).items, meter);

  it("gives the price of the first tier that costs anything, in our unit", () => {
    expect(priceIn(item)).toEqual({ price: 0.03 });
    const tiers = [
      { ...item, unitOfMeasure: "10", retailPrice: 0 },
      { ...item, unitOfMeasure: "10", retailPrice: 0.000004, tierMinimumUnits: 25_000 },
    ];
    expect(priceOf(readPage(page(tiers)).items, meters.flexExecutions)).toEqual({ price: 0.4 });
  });

  it("without the meter, in another unit, with several prices or none is not understood, and says why", () => {
    expect(priceIn()).toEqual({ problem: "the API has no such meter" });
    expect(priceIn({ ...item, type: "Reservation" })).toEqual({ problem: "the API has no such meter" });
    expect(priceIn({ ...item, unitOfMeasure: "1 Day" })).toEqual({
      problem: 'the API\'s unit is "1 Day", not "1 Hour"',
    });
    expect(priceIn(item, { ...item, retailPrice: 0.04 })).toEqual({
      problem: "the API has several prices: 0.03, 0.04",
    });
    expect(priceIn({ ...item, retailPrice: 0 })).toEqual({ problem: "the API has it for nothing" });
  });

  it("in another form is refused", () => {
    expect(() => readPage({ items: [] })).toThrow("the API's answer is not as documented (Items:");
  });
});

describe("refreshing the prices", () => {
  const deps = (answer: (url: URL) => Response) => {
    const slept: number[] = [];
    return {
      slept,
      now: () => Date.parse("2027-01-02T03:04:05Z"),
      sleep: async (ms: number) => void slept.push(ms),
      fetch: (async (url: string) => answer(new URL(url))) as typeof fetch,
    };
  };
  const isHub = (url: URL) => (url.searchParams.get("$filter") ?? "").includes("'Standard Throughput Unit'");

  it("writes what the API has, with its region, its day and its source, and says what it had before", async () => {
    const world = deps((url) => Response.json(page(isHub(url) ? [{ ...item, retailPrice: 0.05 }] : [])));
    const { list: fresh, found, missing } = await refreshPrices(world, list, "westeurope");
    expect(fresh.region).toBe("westeurope");
    expect(fresh.prices.hubThroughputUnit).toEqual({
      price: 0.05,
      region: "westeurope",
      date: "2027-01-02",
      source: "Retail Prices API",
      firstHand: true,
    });
    expect(found).toEqual(["hubThroughputUnit (Standard Throughput Unit): 0.03 -> 0.05 per hour"]);
    expect(missing).toHaveLength(meterKeys.length - 2);
    expect(missing[0]).toBe("frontDoorBase (Premium Base Fees): the API has no such meter; 330 of 2026-05-04 stays");
    expect(fresh.prices.frontDoorBase).toEqual(list.prices.frontDoorBase);
  });

  it("reads all pages, and waits when it asks too fast", async () => {
    let busy = 2;
    const world = deps((url) => {
      if (!isHub(url)) return Response.json(page([]));
      if (url.searchParams.has("$skip")) return Response.json(page([item]));
      if (busy-- > 0) return new Response("", { status: 429 });
      return Response.json(page([], `${url.href}&$skip=100`));
    });
    const { found } = await refreshPrices(world, list, "westeurope");
    expect(found).toEqual(["hubThroughputUnit (Standard Throughput Unit): 0.03 -> 0.03 per hour"]);
    expect(world.slept).toEqual([2_000, 4_000]);
  });

  it("keeps every price when the API does not answer, and says so of each", async () => {
    const world = deps(() => new Response("", { status: 503 }));
    const { list: fresh, missing } = await refreshPrices(world, list, "eastus2");
    expect(fresh).toEqual(list);
    expect(missing.every((line) => line.includes("the API answered 503"))).toBe(true);
  });
});
