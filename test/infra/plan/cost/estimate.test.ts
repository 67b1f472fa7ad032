import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { CostLine } from "../../../../infra/plan/cost/cost.ts";
import { type Estimate, estimate } from "../../../../infra/plan/cost/estimate.ts";
import { meterKeys, meters } from "../../../../infra/plan/cost/meters.ts";
import { benchmarks } from "../../support/benchmarks.ts";
import {
  account,
  app,
  type Changes,
  diagnostics,
  expiry,
  metricAlert,
  origin,
  planOf,
  probed,
  queryRule,
} from "../../support/planned-stack.ts";

const prices = JSON.parse(await readFile("infra/plan/cost/prices.json", "utf8")) as unknown;
const HOURS = 730;

function costOf(eventsPerSecond: number, changes: Changes = {}, eventBytes = 400): Estimate {
  return estimate(planOf(changes), { eventsPerSecond, eventBytes }, benchmarks(), prices);
}

function quantityOf({ lines }: Estimate, meter: string, resource?: string): number {
  return lines
    .filter((line) => line.meter === meter && (resource === undefined || line.resource === resource))
    .reduce((sum, { quantity }) => sum + quantity, 0);
}

const nameOf = (key: (typeof meterKeys)[number]): string => {
  const meter = meters[key];
  return "query" in meter ? meter.query.meterName : "Included";
};

describe("the cost of a stack", () => {
  it("is the sum of its lines, each its quantity times its price", () => {
    const { lines, total } = costOf(1_000);
    for (const { monthly, quantity, price } of lines) expect(monthly).toBeCloseTo(quantity * price, 6);
    expect(total).toBeCloseTo(
      lines.reduce((sum, { monthly }) => sum + monthly, 0),
      6,
    );
  });

  it("names for each line the resource, the meter, the unit, and whether Microsoft says its price", () => {
    const line = costOf(0).lines.find(({ resource }) => resource === "cdn:Profile profile");
    expect(line).toEqual<CostLine>({
      resource: "cdn:Profile profile",
      meter: "Premium Base Fees",
      quantity: 1,
      unit: "month",
      price: 330,
      monthly: 330,
      firstHand: true,
    });
  });

  it("uses every meter that has a price, in one stack or another", () => {
    const capture = { enabled: true, intervalInSeconds: 300, destination: { storageAccountResourceId: "/x/copies" } };
    const ready = { alwaysReady: [{ name: "function:persist", instanceCount: 2 }] };
    const more = [
      account("copies", "Standard_LRS"),
      expiry(30),
      metricAlert("a", { criteria: { allOf: [{ dimensions: [] }] } }),
    ];
    const rules = ["PT5M", "PT1H"].map((evaluationFrequency) =>
      queryRule(evaluationFrequency, { evaluationFrequency }),
    );
    const all = [
      costOf(1_000, {
        inputs: {
          "eventhub:EventHub": { captureDescription: capture },
          "cosmosdb:DatabaseAccount": { backupPolicy: { continuousModeProperties: { tier: "Continuous30Days" } } },
          "operationalinsights:Workspace": { retentionInDays: 90 },
          "web:WebApp": app(ready),
        },
        more: [...more, ...rules],
      }),
      costOf(0, { inputs: { "eventhub:Namespace": { sku: { name: "Premium", capacity: 1 } } } }),
    ];
    const used = new Set(all.flatMap(({ lines }) => lines.map(({ meter }) => meter)));
    expect(meterKeys.map(nameOf).filter((name) => !used.has(name))).toEqual([]);
  });

  it("grows with the events, and is there without any", () => {
    const totals = [0, 100, 1_000, 10_000].map((rate) => costOf(rate).total);
    expect(totals[0]).toBeGreaterThan(330);
    expect(totals).toEqual(totals.toSorted((one, other) => one - other));
  });
});

describe("functions", () => {
  it("that a timer runs each hour and one every 5 minutes cost half a dollar a month at 2 GB, a second each", () => {
    const { lines } = costOf(0);
    const time = lines.find(({ meter }) => meter === "On Demand Execution Time");
    expect(time?.quantity).toBeCloseTo((1 / 3_600 + 1 / 300) * 2 * HOURS * 3_600, 0);
    expect(time?.monthly).toBeCloseTo(0.49, 1);
  });

  it("are billed a second for a request that takes less, and an instance at most while one is enough", () => {
    const timers = quantityOf(costOf(0), "On Demand Execution Time");
    const seldom = quantityOf(costOf(0.2), "On Demand Execution Time") - timers;
    const often = quantityOf(costOf(1_000), "On Demand Execution Time") - timers;
    // 0.01 requests a second, 0.01 runs of the dispatcher, 0.008 work items.
    expect(seldom).toBeCloseTo((0.01 + 0.01 + 0.008) * 2 * HOURS * 3_600, 0);
    expect(often).toBeCloseTo(3 * 2 * HOURS * 3_600, 0);
  });

  it("that never sleep cost their baseline always, and their work less", () => {
    const ready = { alwaysReady: [{ name: "http", instanceCount: 2 }] };
    const cost = costOf(1_000, { inputs: { "web:WebApp": app(ready) } });
    expect(quantityOf(cost, "Always Ready Baseline")).toBeCloseTo(2 * 2 * HOURS * 3_600, 0);
    expect(quantityOf(cost, "Always Ready Execution Time")).toBeCloseTo(1 * 2 * HOURS * 3_600, 0);
    expect(quantityOf(cost, "Always Ready Total Executions")).toBeCloseTo((50 * HOURS * 3_600) / 1e6, 3);
  });

  it("cost a quarter with a quarter of the memory", () => {
    const small = costOf(0, { inputs: { "web:WebApp": app({ instanceMemoryMB: 512 }) } });
    expect(quantityOf(small, "On Demand Execution Time")).toBeCloseTo(
      quantityOf(costOf(0), "On Demand Execution Time") / 4,
      0,
    );
  });

  it("are run by Front Door's probes where there are several origins, by every location", () => {
    const two = { inputs: { "cdn:AFDOriginGroup": probed(60) }, more: [origin("northeurope")] };
    const probes = quantityOf(costOf(0, two), "On Demand Total Executions");
    const none = quantityOf(costOf(0), "On Demand Total Executions");
    expect(probes - none).toBeCloseTo((190 * 2 * HOURS * 60) / 1e6, 3);
  });
});

describe("Event Hubs", () => {
  it("bills the units that there are, and those that the load needs", () => {
    expect(quantityOf(costOf(0), "Standard Throughput Unit")).toBe(HOURS);
    // 60,000 events in messages of 20 are 3,000 messages a second.
    expect(quantityOf(costOf(60_000), "Standard Throughput Unit")).toBe(5 * HOURS);
  });

  it("bills Premium by units alone", () => {
    const premium = costOf(1_000, { inputs: { "eventhub:Namespace": { sku: { name: "Premium", capacity: 2 } } } });
    expect(quantityOf(premium, "Premium Processing Unit")).toBe(2 * HOURS);
    expect(quantityOf(premium, "Standard Ingress Events")).toBe(0);
  });
});

describe("Cosmos DB", () => {
  it("bills a tenth of the throughput without any load, and what is used above it", () => {
    const events = "cosmosdb:SqlResourceSqlContainer events";
    expect(quantityOf(costOf(0), "AP1 100 RUs", events)).toBeCloseTo(20 * HOURS, 6);
    // 8 RU an event, by 1.05 documents.
    expect(quantityOf(costOf(1_000), "AP1 100 RUs", events)).toBeCloseTo((8_000 / 1.05 / 100) * HOURS, 3);
  });

  it("takes more RU for an event that is larger than the measured one, by Microsoft's table", () => {
    const events = "cosmosdb:SqlResourceSqlContainer events";
    const larger = quantityOf(costOf(1_000, {}, 4 * 1_024 - 500), "AP1 100 RUs", events);
    expect(larger).toBeCloseTo(((8_000 / 1.05 + 1_000 * (6.67 - 4.95)) / 100) * HOURS, 0);
  });

  it("bills a backup of 30 days by the data, and one of 7 days not", () => {
    const days30 = { backupPolicy: { continuousModeProperties: { tier: "Continuous30Days" } } };
    const kept = costOf(1_000, { inputs: { "cosmosdb:DatabaseAccount": days30 } });
    expect(quantityOf(kept, "Continuous Backup")).toBe(quantityOf(kept, "Data Stored"));
    expect(quantityOf(costOf(1_000), "Continuous Backup")).toBe(0);
  });
});

describe("monitoring", () => {
  it("bills a rule that is on, by its series or how often it looks, and none that is off", () => {
    const allOf = [{ dimensions: [{ values: ["429", "503"] }] }, { dimensions: [{ values: ["*"] }] }];
    const rules = costOf(0, {
      more: [
        metricAlert("on", { enabled: true, criteria: { allOf } }),
        metricAlert("off", { enabled: false, criteria: { allOf } }),
        queryRule("often", { evaluationFrequency: "PT5M" }),
        queryRule("seldom", { evaluationFrequency: "PT1H" }),
        queryRule("off", { enabled: false, evaluationFrequency: "PT5M" }),
      ],
    });
    expect(quantityOf(rules, nameOf("metricAlert"))).toBe(8);
    expect(quantityOf(rules, nameOf("logAlert5"))).toBe(1);
    expect(quantityOf(rules, nameOf("logAlert15"))).toBe(1);
  });

  it("bills a log that has a row for each request, up to the daily cap", () => {
    const log = diagnostics("front-door", { logs: [{ category: "FrontDoorAccessLog" }], metrics: [] });
    const ingestion = nameOf("logIngestion");
    const without = quantityOf(costOf(100), ingestion);
    expect(quantityOf(costOf(100, { more: [log] }), ingestion)).toBeCloseTo(without + (5 * HOURS * 3_600) / 1e6, 3);
    const capped = quantityOf(costOf(100_000, { more: [log] }), ingestion);
    expect(capped).toBeCloseTo((5 * HOURS) / 24, 6);
  });
});

describe("a load that the stack is too small for", () => {
  it("names what is too small, and the setting to change", () => {
    expect(costOf(1_000).lacks).toEqual([]);
    expect(costOf(200_000).lacks).toEqual([
      "eventhub:Namespace namespace needs 16 throughput units: raise headrace:eventHubs.maxUnits",
      expect.stringMatching(/^cosmosdb:SqlResourceSqlContainer events needs \d+ RU\/s: raise it in headrace:cosmos$/),
      expect.stringMatching(/^cosmosdb:SqlResourceSqlDatabase database needs \d+ RU\/s/),
      "Front Door needs 2 origins: write as many regions in headrace:edge.privateLinkLocations",
      expect.stringMatching(/^web:WebApp app needs \d+ instances: raise headrace:app\.maxInstances$/),
    ]);
  });
});

describe("what is missing", () => {
  const load = { eventsPerSecond: 1, eventBytes: 400 };

  it("of the benchmarks is named: a batch, a figure, a number", () => {
    const measure = (measured: unknown, batch?: number) => () =>
      estimate(planOf(), batch === undefined ? load : { ...load, batch }, measured, prices);
    expect(measure(benchmarks(), 50)).toThrow('no table "an event, in batches of 50" in the figure "cost", only "an');
    expect(measure({ ...benchmarks(), ingest: undefined })).toThrow('docs/benchmarks.json has no figure "ingest"');
    const { cost, ...others } = benchmarks();
    const tables = cost.tables.map((table) => ({
      ...table,
      rows: table.rows.filter(([name]) => name !== "Cosmos DB RU"),
    }));
    expect(measure({ ...others, cost: { tables } })).toThrow(
      'has no number for "Cosmos DB RU" in the column "Headrace"',
    );
  });

  it("of the prices is named", () => {
    const list = structuredClone(prices) as { prices: Record<string, unknown> };
    delete list.prices.natGateway;
    expect(() => estimate(planOf(), load, benchmarks(), list)).toThrow(
      /prices\.json is not complete[\s\S]*prices\.natGateway/,
    );
  });

  it("is a resource that nobody has priced", () => {
    const more = [{ type: "azure-native:network:AzureFirewall", name: "wall", inputs: {} }];
    expect(() => estimate(planOf({ more }), load, benchmarks(), prices)).toThrow(
      "billing.ts does not know what azure-native:network:AzureFirewall costs",
    );
  });

  it("of the plan is named", () => {
    const hub = { inputs: { "eventhub:EventHub": { partitionCount: undefined } } };
    expect(() => estimate(planOf(hub), load, benchmarks(), prices)).toThrow(
      "the cost of eventhub:EventHub hub needs the number partitionCount, and the plan has undefined",
    );
  });
});

describe("docs/benchmarks.json", () => {
  it("has all that the cost reads, for each batch that is measured", async () => {
    const measured = JSON.parse(await readFile("docs/benchmarks.json", "utf8")) as unknown;
    for (const batch of [1, 20, 100]) {
      const { total } = estimate(planOf(), { eventsPerSecond: 100, eventBytes: 700, batch }, measured, prices);
      expect(total).toBeGreaterThan(0);
    }
  });
});
