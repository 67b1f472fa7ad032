import { z } from "zod";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const guid = (what: string) => text(`${what}, a GUID`).regex(GUID, `write ${what}, a GUID`);
const text = (what: string) => z.string(`write ${what}`);
const yesNo = z.boolean("write true or false");

/**
 * A group of settings that takes no others; `missing` is said where something else, or nothing, stands in its place.
 */
function group<Shape extends z.core.$ZodLooseShape>(shape: Shape, missing = "write it as an object") {
  const strangers = `there is no such setting: write one of ${Object.keys(shape).join(", ")}`;
  return z.strictObject(shape, { error: ({ code }) => (code === "unrecognized_keys" ? strangers : missing) });
}

/** A whole number; `what` is the unit. */
const count = (min: number, max: number, what: string, step = 1) => {
  const problem = `write ${min} to ${max} ${what}${step === 1 ? "" : `, in steps of ${step}`}`;
  return z.number(problem).int(problem).min(min, problem).max(max, problem).multipleOf(step, problem);
};

const cidr = (example: string) => text(`a block of addresses, such as ${example}`);

const network = group({
  addressSpace: cidr("10.40.0.0/22").default("10.40.0.0/22").describe("The network's addresses"),
  appSubnet: cidr("10.40.0.0/26")
    .default("10.40.0.0/26")
    .describe("The app's, `/26` or larger; its size cannot be changed later"),
  endpointSubnet: cidr("10.40.1.0/26").default("10.40.1.0/26").describe("The private endpoints', `/27` or larger"),
  appEndpoint: group({ from: z.array(cidr("10.50.0.0/24")).min(1, "write who comes in by it, as blocks of addresses") })
    .optional()
    .describe(
      "A private endpoint of our own to the app and its `scm`, for those addresses. Publishing is reported to fail with it",
    ),
}).prefault({});

const capture = group({
  seconds: count(60, 900, "seconds").default(300),
  bytes: count(10_485_760, 524_288_000, "bytes").default(314_572_800),
  days: count(1, 3650, "days").default(30).describe("How long captured files are kept"),
});

const eventHubs = group({
  sku: z.enum(["Standard", "Premium"], "write Standard or Premium").default("Standard"),
  units: count(1, 40, "throughput units").default(1).describe("Throughput units; processing units of Premium"),
  maxUnits: count(1, 40, "throughput units")
    .optional()
    .describe("Standard adds units by itself up to here, and takes none away. Without it, it adds none"),
  partitions: count(1, 100, "partitions")
    .default(8)
    .describe("Partitions of the hub; fixed once it is made, in Standard"),
  retentionHours: count(1, 2160, "hours").default(168).describe("How long the hub keeps envelopes"),
  capture: capture.optional().describe("Copies of all envelopes in a storage account of their own"),
}).prefault({});

const requestUnits = (what: string) => count(1_000, 1_000_000, `RU/s ${what}`, 1_000);
const cosmos = group({
  sharedMaxRu: requestUnits("at most for all containers without throughput of their own").default(1_000),
  dedicatedMaxRu: z
    .record(z.string(), requestUnits("at most for this container"))
    .default({})
    .describe("Containers with throughput of their own; whether a container has one is fixed once it is made"),
  backup: z
    .enum(["Continuous7Days", "Continuous30Days"], "write Continuous7Days or Continuous30Days")
    .default("Continuous30Days"),
}).prefault({});

const app = group({
  memoryMb: z.literal([512, 2048, 4096], "write 512, 2048 or 4096").default(2048),
  maxInstances: count(40, 1000, "instances").default(100),
  httpConcurrency: count(1, 1000, "requests at once in an instance").default(64),
  alwaysReady: z
    .record(z.string(), count(1, 1000, "instances"))
    .default({})
    .describe("Instances that never sleep, by group (`http`) or function (`function:dispatch`)"),
  settings: z
    .record(z.string(), text("the value as text, in quotes"))
    .default({})
    .describe("Settings of the app, where its defaults don't suit"),
  identityProviders: z
    .array(z.record(z.string(), z.unknown()))
    .default([])
    .describe("OpenID providers that people sign in with, as in `HEADRACE_IDENTITY_PROVIDERS`"),
}).prefault({});

const hostName = text("a host name, such as events.example.com").regex(
  /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  "write a host name, such as events.example.com",
);

const edge = group({
  domains: z.array(hostName).default([]).describe("Host names of your own; Front Door's works besides"),
  privateLinkLocations: z
    .array(z.string())
    .default([])
    .describe(
      "Regions in which Front Door enters, an origin for each; without it the app's. More for over 7,200 requests/s, or the loss of a cluster",
    ),
  ingestPerMinute: count(200, 10_000_000, "requests a minute")
    .default(60_000)
    .describe("Requests to the ingest paths from one address; what is above gets 429"),
}).prefault({});

const monitoring = group(
  {
    emails: z
      .array(z.email("write an address of email"), "write a list of addresses that alerts go to")
      .min(1, "write at least one address that alerts go to"),
    monthlyBudget: z
      .number("write an amount in the subscription's currency")
      .positive("write an amount in the subscription's currency")
      .describe("An alert when the month's cost passes it"),
    dailyCapGb: z
      .number("write 0.1 to 1000 GB")
      .min(0.1, "write 0.1 to 1000 GB")
      .max(1000, "write 0.1 to 1000 GB")
      .default(5)
      .describe("Telemetry of a day, at most"),
    retentionDays: count(30, 730, "days").default(30).describe("How long telemetry is kept"),
    samplingPercent: z
      .number("write 0.1 to 100")
      .min(0.1, "write 0.1 to 100")
      .max(100, "write 0.1 to 100")
      .default(10)
      .describe("Requests that telemetry keeps, in percent; exceptions and warnings are all kept"),
    logs: group({
      frontDoorAccess: yesNo.default(false),
      frontDoorFirewall: yesNo.default(false),
      app: yesNo.default(false),
      cosmosDataPlane: yesNo.default(false),
    })
      .prefault({})
      .describe("Logs with a row or more for each request: expensive"),
    trafficExpected: yesNo.default(true).describe("Half an hour without an event is an alert"),
    runbook: text("the address of docs/runbook.md")
      .default("docs/runbook.md")
      .describe("Where alerts point to: the runbook's address in a copy that your people can open"),
  },
  "write at least `emails` and `monthlyBudget`",
);

const upload = group({
  file: z.string().min(1, "write the bundle's path from the folder of the program"),
  from: z.array(z.string()).min(1, "write the public IPv4 address that uploads"),
  principalId: guid("the object id of who uploads"),
  principalType: z.enum(["User", "Group", "ServicePrincipal"], "write User, Group or ServicePrincipal"),
});

const releaseProblem = "write `version`, `sha256`, and `url` or `upload`: one of them";
const release = group(
  {
    version: text("the release's version, such as 1.2.3").regex(
      /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/,
      "write the release's version, such as 1.2.3",
    ),
    sha256: text("the bundle's SHA-256, 64 of 0-9 and a-f").regex(
      /^[0-9a-f]{64}$/,
      "write the bundle's SHA-256, 64 of 0-9 and a-f",
    ),
    url: z
      .url({ protocol: /^https$/, error: "write an https address" })
      .optional()
      .describe("A public release"),
    upload: upload.optional().describe("A file of this machine, through a storage account of its own"),
  },
  releaseProblem,
).refine(({ url, upload: file }) => (url === undefined) !== (file === undefined), releaseProblem);

/** The stack's configuration, by the names under `headrace:`. */
export const settingsSchema = group({
  name: text("a name")
    .regex(/^[a-z][a-z0-9]{1,11}$/, "write 2 to 12 of a-z and 0-9, a letter first")
    .default("headrace")
    .describe("Stands in the names of all resources"),
  suffix: text("3 to 6 of a-z and 0-9")
    .regex(/^[a-z0-9]{3,6}$/, "write 3 to 6 of a-z and 0-9")
    .optional()
    .describe("The end of names that all of Azure shares. After a teardown another one: the old names stay taken"),
  zones: yesNo
    .default(true)
    .describe("Everything in several zones of the region. Of each group of functions two instances then never sleep"),
  locks: yesNo.default(false).describe("Delete locks on what keeps data; they forbid more than that: docs/deploy.md"),
  tags: z.record(z.string(), z.string("write tags as text, in quotes")).default({}),
  network,
  eventHubs,
  cosmos,
  storage: group({
    softDeleteDays: count(7, 365, "days").default(7).describe("How long deleted blobs can be had back"),
  }).prefault({}),
  keyVault: group({
    softDeleteDays: count(7, 90, "days")
      .default(90)
      .describe(
        "How long deleted secrets can be had back, and the name of a deleted vault stays taken; fixed once it is made",
      ),
  }).prefault({}),
  app,
  operator: group({ clientId: guid("the client id of the operator's app registration") }, "write `clientId`").describe(
    "Whose tokens are an operator's: docs/deploy.md",
  ),
  edge,
  monitoring,
  release,
});

/** What the program is told, and what follows from it. */
export interface Settings extends Omit<z.output<typeof settingsSchema>, "suffix"> {
  /** The stack's name. */
  readonly stack: string;
  /** The region as ARM writes it: `westeurope`. */
  readonly location: string;
  readonly subscriptionId: string;
  readonly tenantId: string;
  /** The end of names that all of Azure shares. */
  readonly suffix: string;
  /** Where Front Door enters, an origin for each. */
  readonly privateLinkLocations: readonly string[];
}
