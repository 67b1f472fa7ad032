import type { ReceivedEventData } from "@azure/event-hubs";
import type { Long, TypedData } from "../core-types.ts";
import { bindingDataOf } from "../listener.ts";

export type DataType = "string" | "binary" | undefined;

export interface PartitionNames {
  readonly fullyQualifiedNamespace: string;
  readonly eventHubName: string;
  readonly consumerGroup: string;
  readonly partitionId: string;
}

/**
 * The bytes of the body's data sections. A value or a sequence is not for the trigger, whatever data type the binding
 * asks for (azure-functions-host#9749).
 */
function bodyBytes(event: ReceivedEventData): Buffer {
  const body: unknown = event.body;
  const { bodyType = "data" } = event.getRawAmqpMessage();
  if (bodyType !== "data") {
    const what = `sequence number ${event.sequenceNumber} has a body of type ${bodyType}`;
    throw new TypeError(`The event body cannot be retrieved using the EventBody property: ${what}.`);
  }
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.concat(Array.isArray(body) ? (body as Buffer[]) : []);
}

function bodyText(event: ReceivedEventData): string {
  return bodyBytes(event).toString("utf8");
}

function json(value: unknown): TypedData {
  return { json: JSON.stringify(value) };
}

/** The worker's protobuf arrays of strings lose empty entries, so they may be shorter than the batch. */
function strings(values: readonly string[]): TypedData {
  return { collectionString: { string: values.filter((value) => value !== "") } };
}

/**
 * Every other one as an object: worker 3.16.0 hands all of them over so, those before and after it as numbers
 * (azure-functions-nodejs-worker#845). An app must read both, and so meets both.
 */
function toSequence(event: ReceivedEventData): number | Long {
  const { sequenceNumber: n } = event;
  return n % 2 === 0 ? n : { low: n | 0, high: Math.floor(n / 2 ** 32) | 0, unsigned: false };
}

function systemProperties(event: ReceivedEventData): Record<string, unknown> {
  return {
    ...event.systemProperties,
    "x-opt-sequence-number": event.sequenceNumber,
    "x-opt-offset": event.offset,
    "x-opt-enqueued-time": event.enqueuedTimeUtc,
    SequenceNumber: event.sequenceNumber,
    Offset: event.offset,
    EnqueuedTimeUtc: event.enqueuedTimeUtc,
    PartitionKey: event.partitionKey ?? null,
  };
}

function partitionContext(names: PartitionNames): TypedData {
  return json({
    FullyQualifiedNamespace: names.fullyQualifiedNamespace,
    EventHubName: names.eventHubName,
    ConsumerGroup: names.consumerGroup,
    PartitionId: names.partitionId,
  });
}

/**
 * Parsed one by one, as the real host does before the function is called: one event that is not JSON fails the batch.
 */
function parseAll(events: readonly ReceivedEventData[]): TypedData {
  return json(events.map((event): unknown => JSON.parse(bodyText(event))));
}

/**
 * A batch as the function's input, cardinality `many`.
 *
 * @throws TypeError when an event's body is no data; SyntaxError when it is not JSON and there is no dataType
 * (nodejs-library#187)
 */
export function toBatchInput(events: readonly ReceivedEventData[], dataType: DataType): TypedData {
  if (dataType === "binary") return { collectionBytes: { bytes: events.map(bodyBytes) } };
  return dataType === "string" ? strings(events.map(bodyText)) : parseAll(events);
}

/** `…Array` metadata of a batch (azure-sdk-for-net `EventHubTriggerBindingStrategy.cs`). */
export function toBatchMetadata(
  events: readonly ReceivedEventData[],
  names: PartitionNames,
): Record<string, TypedData> {
  return {
    PartitionContext: partitionContext(names),
    PartitionKeyArray: strings(events.map((event) => event.partitionKey ?? "")),
    OffsetArray: strings(events.map((event) => String(event.offset))),
    SequenceNumberArray: { collectionSint64: { sint64: events.map(toSequence) } },
    EnqueuedTimeUtcArray: json(events.map((event) => event.enqueuedTimeUtc)),
    PropertiesArray: json(events.map((event) => event.properties ?? {})),
    SystemPropertiesArray: json(events.map(systemProperties)),
  };
}

/**
 * One event as the function's input, cardinality `one`; a text that is JSON is parsed by the library.
 *
 * @throws TypeError when its body is no data
 */
export function toSingleInput(event: ReceivedEventData, dataType: DataType): TypedData {
  return dataType === "binary" ? { bytes: bodyBytes(event) } : { string: bodyText(event) };
}

/** Metadata of one event, with the top-level fields of a JSON body among it. */
export function toSingleMetadata(event: ReceivedEventData, names: PartitionNames): Record<string, TypedData> {
  return {
    PartitionContext: partitionContext(names),
    ...(event.partitionKey ? { PartitionKey: { string: event.partitionKey } } : {}),
    Offset: { string: String(event.offset) },
    SequenceNumber: { int: event.sequenceNumber },
    EnqueuedTimeUtc: json(event.enqueuedTimeUtc),
    Properties: json(event.properties ?? {}),
    SystemProperties: json(systemProperties(event)),
    ...bindingDataOf(bodyText(event)),
  };
}
