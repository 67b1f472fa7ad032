import type { Overrides } from "./run-stack.ts";

/** A stack, and the load that it is asked to bear. */
export interface Case {
  readonly title: string;
  readonly stack: "dev" | "prod";
  readonly eventsPerSecond: number;
  readonly overrides: Overrides;
}

const of = (stack: Case["stack"], eventsPerSecond: number, overrides: Overrides = {}): Case => ({
  title: `${stack}, ${eventsPerSecond === 0 ? "idle" : `${eventsPerSecond.toLocaleString("en-US")}/s`}`,
  stack,
  eventsPerSecond,
  overrides,
});

export const cases: readonly Case[] = [
  of("dev", 0),
  of("dev", 100),
  of("prod", 0),
  of("prod", 100),
  of("prod", 1_000),
  of("prod", 10_000, { "headrace:cosmos.dedicatedMaxRu": '{"events":100000,"ledger":10000}' }),
];

export interface Option {
  readonly title: string;
  readonly overrides: Overrides;
}

/** Without it the day's cap would hide what a log costs. */
const uncapped: Overrides = { "headrace:monitoring.dailyCapGb": "1000" };
const log = (name: string, what: string): Option => ({
  title: `${what}: \`monitoring.logs.${name}: true\`, without a cap`,
  overrides: { ...uncapped, [`headrace:monitoring.logs.${name}`]: "true" },
});

/** Each on top of prod at 1,000 events a second. */
export const options: readonly Option[] = [
  {
    title: "no backup of 30 days: `cosmos.backup: Continuous7Days`",
    overrides: { "headrace:cosmos.backup": "Continuous7Days" },
  },
  { title: "nothing always ready: `app.alwaysReady: {}`", overrides: { "headrace:app.alwaysReady": "{}" } },
  { title: "copies of all envelopes: `eventHubs.capture: {}`", overrides: { "headrace:eventHubs.capture": "{}" } },
  {
    title: "Event Hubs Premium: `eventHubs: {sku: Premium, units: 1, partitions: 8}`",
    overrides: { "headrace:eventHubs": '{"sku":"Premium","units":1,"partitions":8}' },
  },
  {
    title: "a second entry, with probes: `edge.privateLinkLocations: [eastus2, centralus]`",
    overrides: { "headrace:edge.privateLinkLocations": '["eastus2","centralus"]' },
  },
  {
    title: "an endpoint of our own to the app: `network.appEndpoint`",
    overrides: { "headrace:network.appEndpoint": '{"from":["10.50.0.0/24"]}' },
  },
  {
    title: "telemetry unsampled: `monitoring.samplingPercent: 100`, without a cap",
    overrides: { ...uncapped, "headrace:monitoring.samplingPercent": "100" },
  },
  { title: "a quarter of the memory: `app.memoryMb: 512`", overrides: { "headrace:app.memoryMb": "512" } },
  log("frontDoorAccess", "Front Door's access log"),
  log("frontDoorFirewall", "the firewall's log"),
  log("app", "the app's log"),
  log("cosmosDataPlane", "Cosmos DB's log of operations"),
];
