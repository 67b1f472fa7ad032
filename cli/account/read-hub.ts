import { EventHubConsumerClient, earliestEventPosition, type ReceivedEventData } from "@azure/event-hubs";
import type { ProductAccess } from "../../local/launcher/product-access.ts";
import { decodeFrame, type Frame } from "../../shared/envelope/frame.ts";
import type { EnvelopeHead } from "../../shared/envelope/frame-head.ts";
import { eventHub } from "../../shared/store/resources.ts";

/** Where the hub is and how it is reached. */
export type HubAccess = Pick<ProductAccess, "credential" | "eventHubs" | "hub">;

export interface HubContents {
  /** Heads of all envelopes in the hub, once for each receipt. */
  readonly heads: readonly EnvelopeHead[];
  /** Messages in all, copies, unreadable ones and those that are no bytes included. */
  readonly messages: number;
  readonly unreadable: number;
  /** Messages that only a newer release can read. */
  readonly newer: number;
  /** Messages that are no bytes: an AMQP value or sequence, which no trigger hands over (docs/runbook.md). */
  readonly foreign: number;
  /** Sequence numbers that are missing: `0: 17 → 19`. */
  readonly gaps: readonly string[];
}

const GROUP = eventHub.consumerGroups.account;

/** Reads every partition of the hub from its start to its last event at the time of the call; keeps only heads. */
export async function readHub({ eventHubs, hub, credential }: HubAccess): Promise<HubContents> {
  const client =
    "connectionString" in eventHubs
      ? new EventHubConsumerClient(GROUP, eventHubs.connectionString, hub)
      : new EventHubConsumerClient(GROUP, eventHubs.host, hub, credential());
  try {
    const heads = new Map<string, EnvelopeHead>();
    const gaps: string[] = [];
    let messages = 0;
    let unreadable = 0;
    let newer = 0;
    let foreign = 0;
    const read = async (partition: string): Promise<void> => {
      let before: number | undefined;
      await readPartition(client, partition, (event) => {
        const { sequenceNumber, body } = event;
        if (before !== undefined && sequenceNumber !== before + 1)
          gaps.push(`${partition}: ${before} → ${sequenceNumber}`);
        before = sequenceNumber;
        messages++;
        if (event.getRawAmqpMessage().bodyType !== "data") {
          foreign++;
          return;
        }
        const frame = readFrame(body as Buffer);
        if (frame === undefined || frame.kind === "unreadable") unreadable++;
        else if (frame.kind === "newer") newer++;
        else heads.set(frame.head.receipt_id, frame.head);
      });
    };
    await Promise.all((await client.getPartitionIds()).map(read));
    return { heads: [...heads.values()], messages, unreadable, newer, foreign, gaps };
  } finally {
    await client.close();
  }
}

async function readPartition(
  client: EventHubConsumerClient,
  id: string,
  take: (event: ReceivedEventData) => void,
): Promise<void> {
  const { isEmpty, lastEnqueuedSequenceNumber } = await client.getPartitionProperties(id);
  if (isEmpty) return;
  await new Promise<void>((resolve, reject) => {
    const subscription = client.subscribe(
      id,
      {
        processEvents: async (batch) => {
          for (const event of batch) if (event.sequenceNumber <= lastEnqueuedSequenceNumber) take(event);
          const last = batch.at(-1)?.sequenceNumber ?? -1;
          if (last >= lastEnqueuedSequenceNumber) subscription.close().then(resolve, reject);
        },
        processError: async (error) => reject(error),
      },
      { startPosition: earliestEventPosition, maxBatchSize: 500, maxWaitTimeInSeconds: 1, skipParsingBodyAsJson: true },
    );
  });
}

function readFrame(body: Buffer): Frame | undefined {
  try {
    return decodeFrame(body);
  } catch {
    return undefined;
  }
}
