import { assumed } from "./assumptions.ts";
import type { Load } from "./cost.ts";
import type { Measured } from "./measured.ts";
import { chargeOfWrite } from "./request-units.ts";

/** A load, as the services see it: in a second, on average over the month. */
export interface Flow {
  readonly events: number;
  readonly requests: number;
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  readonly hubMessages: number;
  readonly hubBytes: number;
  readonly workItems: number;
  readonly queueOperations: number;
  readonly blobOperations: number;
  readonly cosmosRequests: number;
  /** RU of events, and of everything else. */
  readonly eventRu: number;
  readonly otherRu: number;
  /** Bytes that stay in Cosmos DB, without the index. */
  readonly storedBytes: number;
  /** Seconds of a processor. */
  readonly ingestCpu: number;
  readonly storeCpu: number;
}

/** A work item is put, taken and deleted. */
const OPERATIONS_OF_A_WORK_ITEM = 3;

export function flowOf({ eventsPerSecond: events, eventBytes }: Load, measured: Measured): Flow {
  const ledgerDocuments = Math.max(0, measured.documents - 1);
  const queueOperations = events * measured.queueOperations;
  return {
    events,
    requests: events / measured.batch,
    bodyBytes: measured.batch * eventBytes,
    hubMessages: events * measured.hubMessages,
    hubBytes: events * eventBytes * measured.hubShare,
    workItems: queueOperations / OPERATIONS_OF_A_WORK_ITEM,
    queueOperations,
    blobOperations: events * measured.blobOperations,
    cosmosRequests: events * measured.cosmosRequests,
    ...ruOf(events, eventBytes, measured),
    storedBytes: events * (documentBytes(eventBytes) + ledgerDocuments * assumed("ledgerBytes")),
    ingestCpu: events * measured.ingestCpu,
    storeCpu: events * measured.storeCpu,
  };
}

function documentBytes(eventBytes: number): number {
  return eventBytes + assumed("documentBytes");
}

/** Shared out by documents. A larger event than the measured one costs more by Microsoft's own table. */
function ruOf(events: number, eventBytes: number, measured: Measured): Pick<Flow, "eventRu" | "otherRu"> {
  const larger = chargeOfWrite(documentBytes(eventBytes)) - chargeOfWrite(documentBytes(measured.eventBytes));
  const eventRu = measured.ru / Math.max(1, measured.documents);
  return { eventRu: events * (eventRu + larger), otherRu: events * (measured.ru - eventRu) };
}
