import { Refusal } from "./amqp-error.ts";
import { DEFAULT_GROUP } from "./hub-layout.ts";
import type { Hub, Hubs } from "./hubs.ts";
import type { PartitionLog } from "./log-store.ts";

/** The target of a producer: a hub, or one partition of it. */
export interface ProducerEntity {
  readonly hub: Hub;
  readonly partition: number | undefined;
}

/** The source of a consumer: one partition for one consumer group. */
export interface ConsumerEntity {
  readonly hub: Hub;
  readonly consumerGroup: string;
  readonly partition: number;
}

// Some SDKs put the namespace before the path: amqps://host/hub/Partitions/0.
const PRODUCER = /^(?:\w+:\/\/[^/]+)?\/?([^/]+)(?:\/Partitions\/([^/]+))?\/?$/i;
const CONSUMER = /^(?:\w+:\/\/[^/]+)?\/?([^/]+)\/ConsumerGroups\/([^/]+)\/Partitions\/([^/]+)\/?$/i;

/** `hub` or `hub/Partitions/0`. Throws a Refusal when there is no such thing. */
export function findProducerEntity(hubs: Hubs, address: string): ProducerEntity {
  const [, name, partition] = PRODUCER.exec(address) ?? [];
  const hub = findHub(hubs, name, address);
  return { hub, partition: partition === undefined ? undefined : parsePartition(hub, partition) };
}

/** `hub/ConsumerGroups/group/Partitions/0`. Throws a Refusal when there is no such thing. */
export function findConsumerEntity(hubs: Hubs, address: string): ConsumerEntity {
  const [, name, group = "", partition = ""] = CONSUMER.exec(address) ?? [];
  const hub = findHub(hubs, name, address);
  const groups = [DEFAULT_GROUP, ...hub.consumerGroups];
  const consumerGroup = groups.find((known) => known.toLowerCase() === group.toLowerCase());
  if (consumerGroup === undefined) throw notFound(address);
  return { hub, consumerGroup, partition: parsePartition(hub, partition) };
}

export function findHub(hubs: Hubs, name: string | undefined, address = name ?? ""): Hub {
  const hub = name === undefined ? undefined : hubs.find(name);
  if (!hub) throw notFound(address);
  return hub;
}

export function parsePartition(hub: Hub, text: string): number {
  const partition = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  if (partition >= 0 && partition < hub.partitionCount) return partition;
  throw new Refusal(
    "com.microsoft:argument-out-of-range",
    `The specified partition is invalid for an EventHub partition sender or receiver. ` +
      `It should be between 0 and ${hub.partitionCount - 1}. (${text})`,
  );
}

export function logOf(hub: Hub, partition: number): PartitionLog {
  const log = hub.partitions[partition];
  if (!log) throw new Error(`hub ${hub.name} has no partition ${partition}`);
  return log;
}

function notFound(address: string): Refusal {
  return new Refusal("amqp:not-found", `The messaging entity '${address}' could not be found.`);
}
