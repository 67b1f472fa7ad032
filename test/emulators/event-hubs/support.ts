import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  EventHubConsumerClient,
  EventHubProducerClient,
  type EventPosition,
  type LoadBalancingOptions,
  type ReceivedEventData,
  type RetryOptions,
  type SubscribeOptions,
} from "@azure/event-hubs";
import { onTestFinished } from "vitest";
import {
  type EventHubsEmulator,
  type EventHubsOptions,
  startEventHubsEmulator,
} from "../../../local/emulators/event-hubs/server.ts";

export const HUB = "events";
export const EARLIEST: EventPosition = { offset: "-1" };
/** Fails at once, so that a test sees the first error. */
export const NO_RETRIES: RetryOptions = { maxRetries: 0, timeoutInMs: 5000 };
/** For clients that must survive a restart. */
export const FAST_RETRIES: RetryOptions = {
  maxRetries: 100,
  retryDelayInMs: 50,
  maxRetryDelayInMs: 200,
  timeoutInMs: 1500,
};

/** A partition whose connection was lost is opened again at once, and not after 10 s as is usual. */
const BALANCING: LoadBalancingOptions = { updateIntervalInMs: 300 };

const DEADLINE_MS = 30_000;
const MAIN = new URL("../../../local/launcher/services/event-hubs.ts", import.meta.url).pathname;

/** An emulator that lives as long as the test; in memory and with one hub of four partitions unless told otherwise. */
export async function startEmulator(options: Partial<EventHubsOptions> = {}): Promise<EventHubsEmulator> {
  const hubs = [{ name: HUB, partitions: 4, consumerGroups: ["second"] }];
  const emulator = await startEventHubsEmulator({ port: 0, dataDir: ":memory:", hubs, ...options });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= emulator.close();
    return closing;
  };
  onTestFinished(close);
  return { ...emulator, close };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "event-hubs-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function createProducer(connectionString: string, hub = HUB, retryOptions = NO_RETRIES): EventHubProducerClient {
  const producer = new EventHubProducerClient(connectionString, hub, { retryOptions });
  onTestFinished(() => producer.close());
  return producer;
}

export function createConsumer(
  connectionString: string,
  { hub = HUB, group = "$Default", retryOptions = NO_RETRIES } = {},
): EventHubConsumerClient {
  const consumer = new EventHubConsumerClient(group, connectionString, hub, {
    retryOptions,
    loadBalancingOptions: BALANCING,
  });
  onTestFinished(() => consumer.close());
  return consumer;
}

/** The events that a subscription to one partition has brought so far. */
export interface Collected {
  readonly events: ReceivedEventData[];
  readonly errors: Error[];
  close(): Promise<void>;
}

export function collect(
  consumer: EventHubConsumerClient,
  partition: string,
  options: SubscribeOptions = {},
): Collected {
  const events: ReceivedEventData[] = [];
  const errors: Error[] = [];
  const handlers = {
    processEvents: async (batch: ReceivedEventData[]) => {
      events.push(...batch);
    },
    processError: async (error: Error) => {
      errors.push(error);
    },
  };
  const subscription = consumer.subscribe(partition, handlers, {
    startPosition: EARLIEST,
    maxBatchSize: 500,
    maxWaitTimeInSeconds: 0.1,
    ...options,
  });
  return { events, errors, close: () => subscription.close() };
}

/** The first `count` events from a position on. */
export async function receive(
  consumer: EventHubConsumerClient,
  partition: string,
  count: number,
  startPosition: EventPosition = EARLIEST,
): Promise<ReceivedEventData[]> {
  const collected = collect(consumer, partition, { startPosition });
  await until(() => collected.events.length >= count || collected.errors.length > 0);
  await collected.close();
  if (collected.errors[0]) throw collected.errors[0];
  return collected.events;
}

/** Waits until something holds; throws when it does not within half a minute. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${DEADLINE_MS} ms for: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error("expected an error");
}

export interface EmulatorProcess {
  readonly child: ChildProcess;
  readonly connectionString: string;
  readonly port: number;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
}

export async function startEmulatorProcess(dataDir: string, port = 0, flags: string[] = []): Promise<EmulatorProcess> {
  const args = [MAIN, "--port", String(port), "--data", dataDir, ...flags];
  return await followProcess(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
}

/** The same on a disk on which a file can have so many KiB and no more. */
export async function startOnSmallDisk(dataDir: string, fileKib: number): Promise<EmulatorProcess> {
  const command = `ulimit -f ${fileKib} && exec "$0" "$@"`;
  const args = ["-c", command, process.execPath, MAIN, "--port", "0", "--data", dataDir, "--hub", `${HUB}:1`];
  return await followProcess(spawn("bash", args, { stdio: ["ignore", "pipe", "inherit"] }));
}

async function followProcess(child: ChildProcess): Promise<EmulatorProcess> {
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = (): Promise<void> => {
    child.kill("SIGKILL");
    return exited;
  };
  onTestFinished(kill);
  const ready = JSON.parse(await firstLine(child)) as { endpoint: string; connectionString: string };
  return { child, connectionString: ready.connectionString, port: Number(ready.endpoint.split(":").at(-1)), kill };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("the process has no stdout");
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error("the process ended without a word");
}
