import { z } from "zod";
import { containers } from "../../shared/store/containers.ts";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const guid = (what: string) => z.string(`write ${what}, a GUID`).regex(GUID, `write ${what}, a GUID`);

const count = (min: number, max: number, what: string, step = 1) => {
  const problem = `write ${min} to ${max} ${what}${step === 1 ? "" : `, in steps of ${step}`}`;
  return z.number(problem).int(problem).min(min, problem).max(max, problem).multipleOf(step, problem);
};
const yesNo = z.boolean("write true or false");

const network = z
  .strictObject({
    addressSpace: z.string().default("10.40.0.0/22").describe("The VNet's addresses"),
    appSubnet: z.string().default("10.40.0.0/26").describe("The app's, /26 or larger: Azure gives the app its addresses there"),
    endpointSubnet: z.string().default("10.40.1.0/26").describe("The private endpoints', /27 or larger"),
    appEndpoint: yesNo
      .default(false)
      .describe("A private endpoint of our own to the app (`sites`, with `scm`). Publishing is reported to fail with it"),
  })
  .prefault({});

const eventHubs = z
  .strictObject({
    sku: z.enum(["Standard", "Premium"], "write Standard or Premium").default("Standard"),
    units: count(1, 40, "throughput units (Premium: 1, 2, 4, 8 or 16 processing units)").default(1),
    maxUnits: count(1, 40, "throughput units").optional().describe("Standard adds units by itself up to here, and never takes any away"),
    partitions: count(1, 100, "partitions (Standard: 32 at most)").default(8),
    retentionHours: count(1, 2160, "hours (Standard: 168 at most)").default(168),
    capture: z
      .strictObject({
        seconds: count(60, 900, "seconds").default(300),
        bytes: count(10_485_760, 524_288_000, "bytes").default(314_572_800),
        days: count(1, 3650, "days").default(30).describe("How long captured files are kept"),
      })
      .optional()
      .describe("Keeps a copy of every envelope in an account of its own"),
  })
  .prefault({});

const requestUnits = (what: string) => count(1_000, 1_000_000, `RU/s ${what}`, 1_000);

const cosmos = z
  .strictObject({
    sharedMaxRu: requestUnits("for all containers that have none of their own").default(1_000),
    dedicatedMaxRu: z
      .partialRecord(z.enum(Object.keys(containers) as [keyof typeof containers]), requestUnits("for this container"))
      .default({})
      .describe("Containers with throughput of their own. It cannot be changed for one that exists"),
    backup: z.enum(["Continuous7Days", "Continuous30Days"], "write Continuous7Days or Continuous30Days").default("Continuous30Days"),
  })
  .prefault({});

const app = z
  .strictObject({
    memoryMb: z.literal([512, 2048, 4096], "write 512, 2048 or 4096").default(2048),
    maxInstances: count(40, 1000, "instances").default(100),
    httpConcurrency: count(1, 1000, "requests at once in an instance").default(64),
    alwaysReady: z
      .record(z.string(), count(1, 1000, "instances"))
      .default({})
      .describe("Instances that never sleep, by group (`http`) or function (`function:dispatch`)"),
    settings: z.record(z.string(), z.string("write it as text, in quotes")).default({}).describe("Settings of the app that its defaults don't suit"),
    identityProviders: z.array(z.unknown()).default([]),
  })
  .prefault({});

const host = z
  .string()
  .regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, "write a host name, such as events.example.com");

const edge = z
  .strictObject({
    domains: z.array(host).default([]).describe("Host names of your own. Without one, Front Door's"),
    privateLinkLocations: z
      .array(z.string())
      .default([])
      .describe("Where Front Door enters: the first is near the app; more of them for over 7,200 requests/s or the loss of a cluster"),
    ingestRatePerMinute: count(200, 10_000_000, "requests a minute").default(60_000).describe("From one address, to the ingest paths"),
  })
  .prefault({});

const monitoring = z
  .strictObject({
    emails: z.array(z.email("write an address of email")).min(1, "write at least one address that alerts go to"),
    dailyCapGb: z.number().min(0.1).max(1000).default(5).describe("Telemetry of a day, at most"),
    retentionDays: count(30, 730, "days").default(30),
    samplingPercent: z.number().min(0.1).max(100).default(10).describe("Of requests and dependencies; failures are always kept"),
    monthlyBudget: z.number().positive("write an amount in the subscription's currency"),
    logs: z
      .strictObject({
        frontDoorAccess: yesNo.default(false),
        frontDoorFirewall: yesNo.default(false),
        app: yesNo.default(false),
        cosmosDataPlane: yesNo.default(false),
      })
      .prefault({})
      .describe("Logs with a row or more for each request: expensive"),
    appAlerts: yesNo.default(false).describe("Alerts on the app's own metrics, once it emits them"),
  });

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "write the bundle's SHA-256, 64 of 0-9 and a-f");
const version = z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, "write the release's version, such as 1.2.3");

/** Where the bundle comes from: a public release, or a file that is uploaded to an account of its own. */
const release = z
  .strictObject({
    version,
    sha256,
    url: z.url({ protocol: /^https$/, error: "write an https address" }).optional(),
    file: z.string().min(1).optional().describe("Path from the folder of the program"),
    uploadFrom: z.array(z.string()).default([]).describe("Public addresses of who uploads: a machine's, or a CIDR up to /30"),
  })
  .refine(({ url, file }) => (url === undefined) !== (file === undefined), "set `url` or `file`, one of them");

const operator = z.strictObject({
  clientId: guid("the client id of the operator's app registration"),
});

/** The stack's configuration, by the names under `headrace:`. */
export const settingsSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9]{1,11}$/, "write 2 to 12 of a-z and 0-9, a letter first").default("headrace"),
  suffix: z
    .string()
    .regex(/^[a-z0-9]{3,6}$/, "write 3 to 6 of a-z and 0-9")
    .optional()
    .describe("The end of names that all of Azure shares; after a teardown another one, since the old names stay taken"),
  zones: yesNo.default(true).describe("Everything in all zones of the region"),
  locks: yesNo.default(false).describe("Delete locks on what keeps data: docs/deploy.md says what they forbid besides"),
  tags: z.record(z.string(), z.string()).default({}),
  network,
  eventHubs,
  cosmos,
  softDeleteDays: count(7, 90, "days").default(30).describe("How long what was deleted from the vault or from storage can be had back"),
  app,
  operator,
  edge,
  monitoring,
  release,
});
