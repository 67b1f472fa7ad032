interface Assumption {
  readonly value: number;
  readonly unit: string;
  /** Where it comes from, or what it leaves out. */
  readonly why: string;
}

/**
 * What the cost rests on besides prices and measurements. None of it was measured on Azure; docs/cost.md shows the
 * list, so that whoever has measured it better can say so.
 */
export const assumptions = {
  requestBytes: { value: 1_000, unit: "B", why: "A request's own headers and those that Front Door adds" },
  answerBytes: { value: 800, unit: "B", why: "A 202 with its headers" },
  httpSeconds: { value: 0.05, unit: "s", why: "A request waits for Event Hubs, little more" },
  dispatchSeconds: { value: 0.1, unit: "s", why: "A run of the dispatcher puts work items into the queue" },
  persistSeconds: { value: 0.1, unit: "s", why: "A work item waits for Cosmos DB: its events, its ledger" },
  processorShare: { value: 0.5, unit: "", why: "Of an instance's cores, before the platform adds an instance" },
  billedSeconds: { value: 1, unit: "s", why: "Flex Consumption bills no run of an instance for less" },
  documentBytes: {
    value: 500,
    unit: "B",
    why: "What a stored event has besides what was sent: ids, times, system properties",
  },
  ledgerBytes: { value: 600, unit: "B", why: "A ledger entry, in the same way" },
  indexShare: { value: 0.15, unit: "", why: "An index is 10 to 20 % of the data, says Microsoft" },
  cosmosAnswerBytes: { value: 1_000, unit: "B", why: "An answer of Cosmos DB with its headers" },
  textShare: { value: 1.34, unit: "", why: "A work item is text: base64 of what the hub carried" },
  telemetryBytes: {
    value: 3_000,
    unit: "B",
    why: "What a run leaves in Application Insights, before the host samples",
  },
  logRowBytes: { value: 1_000, unit: "B", why: "A row of a platform log" },
  metricRowsPerMinute: { value: 30, unit: "1/min", why: "Rows of a service whose metrics are exported" },
  metricRowBytes: { value: 500, unit: "B", why: "Such a row" },
  hostBlobOperations: { value: 0.2, unit: "1/s", why: "An instance that is awake: locks of the Functions host" },
  ownershipSeconds: { value: 30, unit: "s", why: "How often a reader of the hub claims its partitions again" },
  lookups: { value: 0.1, unit: "1/s", why: "Names that an instance that is awake looks up: connections are kept" },
  vaultOperations: { value: 0.025, unit: "1/s", why: "An instance that is awake: two secrets of our own, every 150 s" },
  scalePolls: { value: 0.1, unit: "1/s", why: "The platform looks at each queue, to add instances" },
  edges: { value: 190, unit: "", why: "Locations of Front Door, each of which probes each origin" },
  containerSeries: { value: 6, unit: "", why: "Series of an alert over each container" },
} as const satisfies Record<string, Assumption>;

export type AssumptionName = keyof typeof assumptions;

export function assumed(name: AssumptionName): number {
  return assumptions[name].value;
}
