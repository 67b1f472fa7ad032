import { join } from "node:path";
import process from "node:process";
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

const OVERRIDE = /^AzureFunctionsJobHost(?:__|:)(.+)$/i;

/**
 * host.json with the settings `AzureFunctionsJobHost__extensions__eventHubs__…` in it, which win. Case does not count.
 * https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values
 */
function withOverrides(content: unknown): unknown {
  const whole = structuredClone(content);
  for (const [name, text = ""] of Object.entries(process.env)) {
    const path = OVERRIDE.exec(name)?.[1]?.split(/__|:/);
    if (path) putAt(whole, path, text);
  }
  return whole;
}

function putAt(target: unknown, [key = "", ...rest]: readonly string[], text: string): void {
  if (typeof target !== "object" || target === null) return;
  const members = target as Record<string, unknown>;
  const own = Object.keys(members).find((member) => member.toLowerCase() === key.toLowerCase()) ?? key;
  if (rest.length === 0) {
    members[own] = /^(true|false|-?\d+)$/i.test(text) ? (JSON.parse(text.toLowerCase()) as unknown) : text;
    return;
  }
  members[own] ??= {};
  putAt(members[own], rest, text);
}

/** @throws HostError when host.json is missing, or it or a setting that overrides it holds a value out of range */
export function readHostConfig(appDir: string): HostConfig {
  const path = join(appDir, "host.json");
  const content = readJsonFile(path);
  if (content === undefined) throw new HostError(`${path} is missing: every function app has one.`);
  const parsed = HOST_JSON.safeParse(withOverrides(content));
  if (!parsed.success) throw new HostError(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
