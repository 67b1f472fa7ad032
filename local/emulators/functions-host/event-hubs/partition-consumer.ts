import type { EventHubConsumerClient, EventPosition, PartitionContext, ReceivedEventData } from "@azure/event-hubs";
import type { RetryContext } from "../core-types.ts";
import type { AppFunction } from "../functions.ts";
import type { EventHubsConfig } from "../host-config.ts";
import { messageOf } from "../host-error.ts";
import type { Invocation, Invoke } from "../invoke.ts";
import type { logAs } from "../listener.ts";
import { type RetryOutcome, runWithRetry } from "../retry.ts";
import { createWorkInFlight } from "../work-in-flight.ts";
import { createBatcher } from "./batcher.ts";
import {
  type DataType,
  type PartitionNames,
  toBatchInput,
  toBatchMetadata,
  toSingleInput,
  toSingleMetadata,
} from "./event-data.ts";

/** Feeds the events of one partition to a function, one batch after the other. */
export interface PartitionConsumer {
  /** False once another host reads the partition, or the receiver was closed for good. */
  readonly isActive: boolean;
  /** Takes no further batch; retries end and their batch is not checkpointed. */
  quiesce(): void;
  /** Resolves when no function runs any more. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface PartitionConsumerDeps {
  readonly fn: AppFunction;
  readonly invoke: Invoke;
  readonly client: EventHubConsumerClient;
  readonly config: EventHubsConfig;
  readonly report: ReturnType<typeof logAs>;
}

/**
 * The SDK hands over an empty batch after this time, and only then finds out that its connection has dropped meanwhile
 * and reads on over a new one.
 */
const IDLE_SECONDS = 1;

function startPosition({ initialOffsetOptions: { type, enqueuedTimeUtc } }: EventHubsConfig): EventPosition {
  if (type === "fromEnd") return { offset: "@latest" };
  return type === "fromEnqueuedTime" && enqueuedTimeUtc ? { enqueuedOn: new Date(enqueuedTimeUtc) } : { offset: "-1" };
}

export function startPartitionConsumer(
  { fn, invoke, client, config, report }: PartitionConsumerDeps,
  names: PartitionNames,
  /** Where it begins when the SDK finds no checkpoint; `initialOffsetOptions` unless it is given. */
  begin: EventPosition | undefined,
): PartitionConsumer {
  const { partitionId } = names;
  const dataType = fn.binding.dataType as DataType;
  const isMany = fn.binding.cardinality === "many";
  const quiet = new AbortController();
  const work = createWorkInFlight();
  let isLost = false;
  let batchesDone = 0;
  let lastError = "";
  /** Of the latest arrival; a batch that was held back is checkpointed by it. */
  let latest: PartitionContext | undefined;

  /**
   * Binding is part of what is retried (azure-webjobs-sdk `FunctionExecutorExtensions.cs`): with a policy without end,
   * an input that cannot be bound holds its partition for ever, and only the host's log says so.
   */
  async function attempt(bind: () => Invocation, retryContext: RetryContext | undefined): Promise<unknown> {
    let invocation: Invocation;
    try {
      invocation = bind();
    } catch (error) {
      report("error", `Partition ${partitionId}: exception binding parameter: ${messageOf(error)}`);
      throw error;
    }
    return invoke(fn, { ...invocation, ...(retryContext && { retryContext }) });
  }

  function runBatch(events: readonly ReceivedEventData[]): Promise<RetryOutcome> {
    const bind = (): Invocation => ({
      input: toBatchInput(events, dataType),
      triggerMetadata: toBatchMetadata(events, names),
    });
    return runWithRetry(fn.retry, (context) => attempt(bind, context), quiet.signal);
  }

  /**
   * Cardinality `one`: the events of a batch run at the same time, each with its own retries (`EventHubListener.cs`).
   */
  async function runEach(events: readonly ReceivedEventData[]): Promise<RetryOutcome> {
    const bind = (event: ReceivedEventData): Invocation => ({
      input: toSingleInput(event, dataType),
      triggerMetadata: toSingleMetadata(event, names),
    });
    const run = (event: ReceivedEventData): Promise<RetryOutcome> =>
      runWithRetry(fn.retry, (context) => attempt(() => bind(event), context), quiet.signal);
    const outcomes = await Promise.all(events.map(run));
    return outcomes.includes("stopped") ? "stopped" : "succeeded";
  }

  async function checkpoint(last: ReceivedEventData): Promise<void> {
    if (++batchesDone % config.batchCheckpointFrequency !== 0) return;
    try {
      await latest?.updateCheckpoint(last);
    } catch (error) {
      report("error", `Partition ${partitionId}: checkpoint not written: ${messageOf(error)}`);
    }
  }

  async function handleBatch(events: readonly ReceivedEventData[]): Promise<void> {
    const last = events.at(-1);
    if (quiet.signal.aborted || !last) return;
    const outcome = await (isMany ? runBatch(events) : runEach(events));
    // Whether it succeeded or not: only a stop or a lost partition keeps the events for another time.
    if (outcome !== "stopped" && !isLost) await checkpoint(last);
  }

  const batcher = createBatcher(
    { run: (batch) => work.track(handleBatch(batch)), stopped: quiet.signal },
    isMany ? config : { ...config, minEventBatchSize: 1 },
  );

  async function handleEvents(events: readonly ReceivedEventData[], context: PartitionContext): Promise<void> {
    if (events.length > 0) lastError = "";
    latest = context;
    await batcher.add(events);
  }

  const subscription = client.subscribe(
    partitionId,
    {
      processEvents: handleEvents,
      processError: (error) => {
        if (error.message !== lastError) report("warning", `Partition ${partitionId}: ${error.message}`);
        lastError = error.message;
        // It has read further than the partition reaches now.
        if ("code" in error && error.code === "ArgumentError") markLost();
        return Promise.resolve();
      },
      processClose: (reason) => {
        if (String(reason) === "OwnershipLost") markLost();
        return Promise.resolve();
      },
    },
    {
      maxBatchSize: config.maxEventBatchSize,
      maxWaitTimeInSeconds: IDLE_SECONDS,
      startPosition: begin ?? startPosition(config),
      skipParsingBodyAsJson: true,
      ...(config.prefetchCount > 0 && { prefetchCount: config.prefetchCount }),
    },
  );

  function markLost(): void {
    isLost = true;
    quiet.abort();
  }

  return {
    get isActive() {
      return !isLost;
    },
    quiesce: () => quiet.abort(),
    idle: () => work.whenAtMost(0),
    close: async () => {
      markLost();
      await subscription.close();
    },
  };
}
