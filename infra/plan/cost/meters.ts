/** Where the public Retail Prices API has a price. Its names are case-sensitive. */
export interface Query {
  readonly serviceName: string;
  readonly productName: string;
  readonly skuName: string;
  readonly meterName: string;
  readonly unitOfMeasure: string;
  /** What stands in `armRegionName` where a price is not a region's: `Global`, `Zone 1`, or nothing. */
  readonly region?: string;
}

export interface Meter {
  /** One of these has the price that prices.json gives. */
  readonly unit: string;
  /** How many of the API's units that is. Default: one. */
  readonly units?: number;
  /** Undefined: it is free, so that the API has no price. */
  readonly query?: Query;
}

type Names = readonly [serviceName: string, productName: string, skuName: string, meterName: string];

function meter(
  unit: string,
  [serviceName, productName, skuName, meterName]: Names,
  unitOfMeasure: string,
  more: Pick<Meter, "units"> & Pick<Query, "region"> = {},
): Meter {
  const { units, region } = more;
  const query = {
    serviceName,
    productName,
    skuName,
    meterName,
    unitOfMeasure,
    ...(region === undefined ? {} : { region }),
  };
  return { unit, query, ...(units === undefined ? {} : { units }) };
}

const zone1 = { region: "Zone 1" };
const everywhere = { region: "Global" };
const frontDoor = (name: string): Names => [
  "Azure Front Door Service",
  "Azure Front Door",
  "Premium",
  `Premium ${name}`,
];
const link = (name: string): Names => [
  "Virtual Network",
  "Virtual Network Private Link",
  "Standard",
  `Standard ${name}`,
];
const hub = (sku: string, name: string): Names => ["Event Hubs", "Event Hubs", sku, `${sku} ${name}`];
const flex = (sku: string, name: string): Names => ["Functions", "Flex Consumption", sku, `${sku} ${name}`];
const blob = (sku: string, name: string): Names => ["Storage", "General Block Blob v2", `Hot ${sku}`, name];
const alert = (name: string): Names => ["Azure Monitor", "Azure Monitor", "Alerts", `Alerts ${name}`];

/** Everything that a stack is billed by. Each has its price in prices.json. */
export const meters = {
  frontDoorBase: meter("month", frontDoor("Base Fees"), "1/Month", zone1),
  frontDoorRequests: meter("10,000 requests", frontDoor("Requests"), "10K", zone1),
  frontDoorToOrigin: meter("GB", frontDoor("Data Transfer In"), "1 GB", zone1),
  frontDoorToClient: meter("GB", frontDoor("Data Transfer Out"), "1 GB", zone1),
  firewall: { unit: "month" },
  endpoint: meter("hour", link("Private Endpoint"), "1 Hour", everywhere),
  endpointIn: meter("GB", link("Data Processed - Ingress"), "1 GB", everywhere),
  endpointOut: meter("GB", link("Data Processed - Egress"), "1 GB", everywhere),
  natGateway: meter("hour", ["NAT Gateway", "NAT Gateway", "Standard", "Standard Gateway"], "1 Hour", everywhere),
  natData: meter("GB", ["NAT Gateway", "NAT Gateway", "Standard", "Standard Data Processed"], "1 GB", everywhere),
  publicAddress: meter(
    "hour",
    ["Virtual Network", "IP Addresses", "Standard", "Standard IPv4 Static Public IP"],
    "1 Hour",
  ),
  privateZone: meter("zone", ["Azure DNS", "Azure DNS", "Private", "Private Zone"], "1", { region: "" }),
  privateZoneQueries: meter("million queries", ["Azure DNS", "Azure DNS", "Private", "Private Queries"], "1M", {
    region: "",
  }),
  hubThroughputUnit: meter("hour", hub("Standard", "Throughput Unit"), "1 Hour"),
  hubProcessingUnit: meter("hour", hub("Premium", "Processing Unit"), "1 Hour"),
  hubEvents: meter("million events", hub("Standard", "Ingress Events"), "1M"),
  hubCapture: meter("hour", hub("Standard", "Capture"), "1 Hour"),
  cosmosThroughput: meter(
    "100 RU/s for an hour",
    ["Azure Cosmos DB", "Azure Cosmos DB autoscale", "AP1", "AP1 100 RUs"],
    "1/Hour",
  ),
  cosmosData: meter("GB-month", ["Azure Cosmos DB", "Azure Cosmos DB", "RUs", "Data Stored"], "1 GB/Month"),
  cosmosBackup: meter(
    "GB-month",
    ["Azure Cosmos DB", "Azure Cosmos DB - PITR", "Backup", "Continuous Backup"],
    "1 GB/Month",
  ),
  flexTime: meter("GB-second", flex("On Demand", "Execution Time"), "1 GB Second"),
  flexExecutions: meter("million executions", flex("On Demand", "Total Executions"), "10", { units: 100_000 }),
  readyBaseline: meter("GB-second", flex("Always Ready", "Baseline"), "1 GB Second"),
  readyTime: meter("GB-second", flex("Always Ready", "Execution Time"), "1 GB Second"),
  readyExecutions: meter("million executions", flex("Always Ready", "Total Executions"), "10", { units: 100_000 }),
  blobWritesLrs: meter("10,000 operations", blob("LRS", "Hot LRS Write Operations"), "10K"),
  blobWritesZrs: meter("10,000 operations", blob("ZRS", "Hot ZRS Write Operations"), "10K"),
  blobOther: meter("10,000 operations", blob("ZRS", "All Other Operations"), "10K"),
  blobDataLrs: meter("GB-month", blob("LRS", "Hot LRS Data Stored"), "1 GB/Month"),
  blobDataZrs: meter("GB-month", blob("ZRS", "Hot ZRS Data Stored"), "1 GB/Month"),
  queueOperations: meter(
    "10,000 operations",
    ["Storage", "Queues v2", "Standard LRS", "LRS Class 1 Operations"],
    "10K",
  ),
  vaultOperations: meter("10,000 operations", ["Key Vault", "Key Vault", "Standard", "Operations"], "10K"),
  logIngestion: meter(
    "GB",
    ["Log Analytics", "Log Analytics", "Analytics Logs", "Analytics Logs Data Ingestion"],
    "1 GB",
  ),
  logRetention: meter(
    "GB-month",
    ["Log Analytics", "Log Analytics", "Analytics Logs", "Analytics Logs Data Retention"],
    "1 GB/Month",
  ),
  metricAlert: meter("time series", alert("Metric Monitored"), "1/Month"),
  logAlert5: meter("rule", alert("System Log Monitored at 5 Minute Frequency"), "1/Month"),
  logAlert15: meter("rule", alert("System Log Monitored at 15 Minute Frequency"), "1/Month"),
} as const satisfies Record<string, Meter>;

export type MeterKey = keyof typeof meters;
export const meterKeys = Object.keys(meters) as MeterKey[];
