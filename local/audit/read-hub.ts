import { EventHubConsumerClient, earliestEventPosition, type ReceivedEventData } from "@azure/event-hubs";
import { decodeFrame, type EnvelopeHead } from "../../shared/envelope/frame.ts";
import type { ProductAccess } from "../pipeline/product-access.ts";

/** Where the hub is and how it is reached. */
export type HubAccess = Pick<ProductAccess, "credential" | "eventHubs" | "hub">;

export interface HubContents {
  /** Heads of all envelopes in the hub, once for each receipt. */
  readonly heads: readonly EnvelopeHead[];
  /** Messages in all, copies and unreadable ones included. */
  readonly messages: number;
  readonly unreadable: number;
  /** Sequence numbers that are missing: `0: 17 → 19`. */
  readonly gaps: readonly string[];
}

/** A consumer group of its own: the dispatcher owns the partitions in its one. */
const AUDIT_GROUP = "audit";

/** Reads every partition of the hub from its start to what was last enqueued when it was asked. */
export async function readHub({ eventHubs, hub, credential }: HubAccess): Promise<HubContents> {
  const client =
    "connectionString" in eventHubs
      ? new EventHubConsumerClient(AUDIT_GROUP, eventHubs.connectionString, hub)
      : new EventHubConsumerClient(AUDIT_GROUP, eventHubs.host, hub, credential());
  try {
    const partitions = await Promise.all((await client.getPartitionIds()).map((id) => readPartition(client, id)));
    const events = partitions.flat();
    const heads = new Map<string, EnvelopeHead>();
    let unreadable = 0;
    for (const { body } of events) {
      const head = readHead(body as Buffer);
      if (head) heads.set(head.receipt_id, head);
      else unreadable++;
    }
    const gaps = partitions.flatMap((own, i) => findGaps(own).map((gap) => `${i}: ${gap}`));
    return { heads: [...heads.values()], messages: events.length, unreadable, gaps };
  } finally {
    await client.close();
  }
}

async function readPartition(client: EventHubConsumerClient, id: string): Promise<ReceivedEventData[]> {
  const { isEmpty, lastEnqueuedSequenceNumber } = await client.getPartitionProperties(id);
  const events: ReceivedEventData[] = [];
  if (isEmpty) return events;
  await new Promise<void>((resolve, reject) => {
    const subscription = client.subscribe(
      id,
      {
        processEvents: async (batch) => {
          events.push(...batch);
          const last = events.at(-1)?.sequenceNumber ?? -1;
          if (last >= lastEnqueuedSequenceNumber) subscription.close().then(resolve, reject);
        },
        processError: async (error) => reject(error),
      },
      { startPosition: earliestEventPosition, maxBatchSize: 500, maxWaitTimeInSeconds: 1, skipParsingBodyAsJson: true },
    );
  });
  return events;
}

function findGaps(events: readonly ReceivedEventData[]): string[] {
  return events.flatMap((event, i) => {
    const before = events[i - 1];
    return before && event.sequenceNumber !== before.sequenceNumber + 1
      ? [`${before.sequenceNumber} → ${event.sequenceNumber}`]
      : [];
  });
}

function readHead(body: Buffer): EnvelopeHead | undefined {
  try {
    const frame = decodeFrame(body);
    return frame.kind === "unreadable" ? undefined : frame.head;
  } catch {
    return undefined;
  }
}
