import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "./app-settings.ts";
import { HostError } from "./host-error.ts";
import { isLogLevel } from "./log.ts";
import { parseTimeSpan } from "./time-span.ts";

/**
 * A TimeSpan text in host.json, milliseconds here. `unbounded` is the value that means no limit, if there can be none.
 */
function timeSpan(min: number, max: number, unbounded?: string): z.ZodType<number, string> {
  return z.string().transform((text, ctx) => {
    if (text === unbounded) return Infinity;
    const ms = parseTimeSpan(text);
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    ctx.addIssue({ code: "custom", message: `'${text}' is not a time span (hh:mm:ss) between ${min} and ${max} ms` });
    return z.NEVER;
  });
}

const DAY = 86_400_000;
const LOG_LEVEL = z.string().refine(isLogLevel, "is not a log level");

const HTTP = z.object({
  routePrefix: z.string().default("api"),
  /** -1: unbounded. */
  maxOutstandingRequests: z.int().min(-1).default(-1),
  maxConcurrentRequests: z.int().min(-1).default(-1),
  customHeaders: z.record(z.string(), z.string()).default({}),
});

const INITIAL_OFFSET = z
  .object({ type: z.enum(["fromStart", "fromEnd", "fromEnqueuedTime"]), enqueuedTimeUtc: z.iso.datetime().optional() })
  .refine((o) => o.type !== "fromEnqueuedTime" || o.enqueuedTimeUtc, "fromEnqueuedTime needs enqueuedTimeUtc");

const EVENT_HUBS = z
  .object({
    maxEventBatchSize: z.int().min(1).default(100),
    minEventBatchSize: z.int().min(1).default(1),
    maxWaitTime: timeSpan(1, 600_000).default(60_000),
    prefetchCount: z.int().min(0).default(300),
    batchCheckpointFrequency: z.int().min(1).default(1),
    initialOffsetOptions: INITIAL_OFFSET.default({ type: "fromStart" }),
  })
  .refine((o) => o.minEventBatchSize <= o.maxEventBatchSize, "minEventBatchSize is greater than maxEventBatchSize");

const QUEUES = z.object({
  batchSize: z.int().min(1).max(32).default(16),
  newBatchThreshold: z.int().min(0).optional(),
  maxPollingInterval: timeSpan(100, DAY).default(2000),
  visibilityTimeout: timeSpan(0, 7 * DAY).default(0),
  maxDequeueCount: z.int().min(1).default(5),
  messageEncoding: z.enum(["base64", "none"]).default("base64"),
});

const HOST_JSON = z.object({
  version: z.literal("2.0"),
  functionTimeout: timeSpan(1000, 10 * DAY, "-1").default(1_800_000),
  logging: z.object({ logLevel: z.record(z.string(), LOG_LEVEL).default({}) }).default({ logLevel: {} }),
  extensions: z
    .object({ http: HTTP.prefault({}), eventHubs: EVENT_HUBS.prefault({}), queues: QUEUES.prefault({}) })
    .prefault({}),
});

export type HttpConfig = z.infer<typeof HTTP>;
export type EventHubsConfig = z.infer<typeof EVENT_HUBS>;
export type QueuesConfig = z.infer<typeof QUEUES>;
/** host.json with its defaults; every duration in milliseconds. Keys that the local host does not know are ignored. */
export type HostConfig = z.infer<typeof HOST_JSON>;

/** @throws HostError when host.json is missing or holds a value that is out of range */
export function readHostConfig(appDir: string): HostConfig {
  const path = join(appDir, "host.json");
  const content = readJsonFile(path);
  if (content === undefined) throw new HostError(`${path} is missing: every function app has one.`);
  const parsed = HOST_JSON.safeParse(content);
  if (!parsed.success) throw new HostError(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
