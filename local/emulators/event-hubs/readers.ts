import { type AmqpFailure, Refusal } from "./amqp-error.ts";
import type { ConsumerEntity } from "./entities.ts";

/** An open receiver, as far as the right to read a partition goes. */
interface Reader {
  /** The owner level; a reader without one shares the partition. */
  readonly epoch: number | undefined;
  /** Ends it because another took its place. */
  disconnect(failure: AmqpFailure): void;
}

/** Keeps who reads which partition for which consumer group. */
interface Readers {
  /** Lets a reader in and ends those that it displaces; returns a function that lets it out. Throws a Refusal. */
  admit(entity: ConsumerEntity, reader: Reader): () => void;
}

const MAX_SHARED_READERS = 5;

/** Rules: https://learn.microsoft.com/azure/event-hubs/event-hubs-event-processor-host#epoch */
export function createReaders(): Readers {
  const byPartition = new Map<string, Set<Reader>>();
  return {
    admit(entity, reader) {
      const key = `${entity.hub.name}/${entity.consumerGroup}/${entity.partition}`.toLowerCase();
      const readers = byPartition.get(key) ?? new Set();
      assertAdmissible(readers, reader.epoch);
      if (reader.epoch !== undefined) displace(readers, reader.epoch);
      readers.add(reader);
      byPartition.set(key, readers);
      return () => {
        readers.delete(reader);
        if (readers.size === 0 && byPartition.get(key) === readers) byPartition.delete(key);
      };
    },
  };
}

function assertAdmissible(readers: ReadonlySet<Reader>, epoch: number | undefined): void {
  const highest = Math.max(...[...readers].map((reader) => reader.epoch ?? -1), -1);
  if (epoch === undefined && highest >= 0) {
    throw stolen(`A receiver with epoch '${highest}' exists; a receiver without an epoch cannot be created.`);
  }
  if (epoch !== undefined && highest > epoch) {
    throw stolen(
      `A receiver with a higher epoch '${highest}' already exists. A new receiver with epoch ${epoch} cannot be created.`,
    );
  }
  if (epoch === undefined && readers.size >= MAX_SHARED_READERS) {
    throw new Refusal(
      "amqp:resource-limit-exceeded",
      `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${MAX_SHARED_READERS}.`,
    );
  }
}

function displace(readers: Set<Reader>, epoch: number): void {
  const displaced = [...readers];
  readers.clear();
  const { failure } = stolen(
    `New receiver with higher epoch of '${epoch}' is created hence current receiver is ended.`,
  );
  for (const reader of displaced) reader.disconnect(failure);
}

function stolen(description: string): Refusal {
  return new Refusal("amqp:link:stolen", description);
}
