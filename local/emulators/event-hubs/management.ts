import type { Typed } from "rhea";
import { type Condition, failureOf, Refusal } from "./amqp-error.ts";
import { findHub, logOf, parsePartition } from "./entities.ts";
import type { Hub, Hubs } from "./hubs.ts";
import { rhea } from "./rhea-internals.ts";

interface ManagementAnswer {
  readonly properties: Readonly<Record<string, string | number>>;
  readonly body?: Readonly<Record<string, string | number | boolean | Typed>>;
}

const STATUS: Partial<Record<Condition, number>> = {
  "amqp:not-found": 404,
  "amqp:not-implemented": 501,
  "amqp:internal-error": 500,
};

/** Answers a request to `$management`: READ of a hub or of a partition. */
export function answerManagement(properties: Readonly<Record<string, unknown>>, hubs: Hubs): ManagementAnswer {
  try {
    return { properties: { "status-code": 200, "status-description": "OK" }, body: read(properties, hubs) };
  } catch (error) {
    const { condition, description } = failureOf(error);
    return {
      properties: {
        "status-code": STATUS[condition] ?? 400,
        "status-description": description,
        "error-condition": condition,
      },
    };
  }
}

function read(properties: Readonly<Record<string, unknown>>, hubs: Hubs): NonNullable<ManagementAnswer["body"]> {
  const { operation, type } = properties;
  if (operation !== "READ")
    throw new Refusal("amqp:not-implemented", `The operation ${String(operation)} is not known.`);
  const hub = findHub(hubs, String(properties.name));
  if (type === "com.microsoft:eventhub") return describeHub(hub);
  if (type === "com.microsoft:partition") {
    return describePartition(hub, parsePartition(hub, String(properties.partition)));
  }
  throw new Refusal("amqp:not-implemented", `The type ${String(type)} is not known.`);
}

function describeHub(hub: Hub): NonNullable<ManagementAnswer["body"]> {
  const ids = hub.partitions.map((_, partition) => String(partition));
  return {
    name: hub.name,
    type: "com.microsoft:eventhub",
    created_at: rhea.types.wrap_timestamp(hub.createdAt),
    partition_count: rhea.types.wrap_int(ids.length),
    partition_ids: rhea.types.wrap_array(ids, 0xa1, undefined),
  };
}

function describePartition(hub: Hub, partition: number): NonNullable<ManagementAnswer["body"]> {
  const log = logOf(hub, partition);
  log.expire();
  const last = log.lastEnqueued();
  const first = log.firstSequenceNumber();
  return {
    name: hub.name,
    type: "com.microsoft:partition",
    partition: String(partition),
    begin_sequence_number: rhea.types.wrap_long(first),
    last_enqueued_sequence_number: rhea.types.wrap_long(last.sequenceNumber),
    last_enqueued_offset: String(last.offset),
    last_enqueued_time_utc: rhea.types.wrap_timestamp(last.enqueuedAt),
    is_partition_empty: first > last.sequenceNumber,
  };
}
