import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { PartitionOwnership } from "@azure/event-hubs";
import { resolveSettings } from "../app-settings.ts";
import { createBlobService } from "../blob-service.ts";
import { type AppFunction, requireTextProperty, textProperty } from "../functions.ts";
import { HostError, messageOf } from "../host-error.ts";
import { type ListenerFactory, logAs } from "../listener.ts";
import { choosePartitions } from "./balance.ts";
import { beginAnewWhenCutShort } from "./begin-anew.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { createEventHubClient } from "./event-hub-client.ts";
import { type PartitionConsumer, startPartitionConsumer } from "./partition-consumer.ts";

const CHECKPOINT_CONTAINER = "azure-webjobs-eventhub";

function requireBinding(fn: AppFunction): void {
  const { cardinality = "one", dataType } = fn.binding;
  if (cardinality !== "one" && cardinality !== "many")
    throw new HostError(`Function ${fn.name}: cardinality is one or many.`);
  if (dataType !== undefined && dataType !== "string" && dataType !== "binary") {
    throw new HostError(`Function ${fn.name}: dataType is string or binary.`);
  }
}

/**
 * Reads a hub's partitions, shared with other hosts by ownership blobs.
 *
 * The SDK's own load balancing is not used: it claims one partition each round (or, greedily, never balances), reads on
 * when another host has taken the partition over between two batches, and cannot be stopped without dropping the batch
 * in flight. Its receivers and its checkpoint store are, with the same blobs.
 */
export const createEventHubListener: ListenerFactory = (fn, { invoke, config, log, timings }) => {
  requireBinding(fn);
  const report = logAs(fn, log);
  const where = `Function ${fn.name}`;
  const hub = resolveSettings(requireTextProperty(fn, "eventHubName"), where);
  const group = resolveSettings(textProperty(fn, "consumerGroup") ?? "$Default", where);
  const ownerId = randomUUID();
  const container = createBlobService("Storage").getContainerClient(CHECKPOINT_CONTAINER);
  const { store, positionOf } = createCheckpoints(container);
  const connection = resolveSettings(requireTextProperty(fn, "connection"), where);
  const client = createEventHubClient(connection, hub, group, store, ownerId);
  const names = {
    fullyQualifiedNamespace: client.fullyQualifiedNamespace,
    eventHubName: client.eventHubName,
    consumerGroup: group,
  };
  const deps = { fn, invoke, client, config: config.extensions.eventHubs, report };
  const anew = { client, consumerGroup: group, container, report };
  const consumers = new Map<string, PartitionConsumer>();
  const closing = new AbortController();
  let draining = false;
  let partitionIds: string[] = [];
  let loop: Promise<void> = Promise.resolve();

  function listOwnership(): Promise<PartitionOwnership[]> {
    return store.listOwnership(names.fullyQualifiedNamespace, names.eventHubName, names.consumerGroup);
  }

  async function claim(partitionId: string, previous: PartitionOwnership | undefined): Promise<boolean> {
    const request = { ...names, partitionId, ownerId, ...(previous?.etag && { etag: previous.etag }) };
    const claimed = await store.claimOwnership([request]);
    return claimed.length > 0;
  }

  async function release(partitionId: string, reason: string): Promise<void> {
    const consumer = consumers.get(partitionId);
    if (!consumer) return;
    consumers.delete(partitionId);
    report("information", `Partition ${partitionId}: ${reason}.`);
    await consumer.close();
  }

  async function take(partitionId: string, previous: PartitionOwnership | undefined): Promise<void> {
    if (!(await claim(partitionId, previous))) return release(partitionId, "claimed by another host");
    if (draining || consumers.has(partitionId)) return;
    await beginAnewWhenCutShort(anew, partitionId);
    const own = { ...names, partitionId };
    const begin = await positionOf(own);
    if (draining) return;
    report("debug", `Partition ${partitionId}: reading.`);
    consumers.set(partitionId, startPartitionConsumer(deps, own, begin));
  }

  async function balance(): Promise<void> {
    if (partitionIds.length === 0) {
      partitionIds = await client.getPartitionIds();
      // All of them, whoever owns them yet: a host that was killed keeps its partitions for a while, and what is
      // accepted meanwhile would make them longer than their checkpoints.
      await Promise.all(partitionIds.map((id) => beginAnewWhenCutShort(anew, id)));
    }
    const ownerships = await listOwnership();
    const previous = new Map(ownerships.map((ownership) => [ownership.partitionId, ownership]));
    for (const [partitionId, consumer] of consumers) {
      const owner = previous.get(partitionId)?.ownerId;
      if (owner !== undefined && owner !== ownerId) await release(partitionId, "taken by another host");
      else if (!consumer.isActive) await release(partitionId, "its receiver was closed");
    }
    const chosen = draining
      ? new Set(consumers.keys())
      : choosePartitions({ ownerId, partitionIds, ownerships, now: Date.now(), expiryMs: timings.ownershipMs });
    await Promise.all([...chosen].map((partitionId) => take(partitionId, previous.get(partitionId))));
  }

  async function run(): Promise<void> {
    let lastError = "";
    while (!closing.signal.aborted) {
      try {
        await balance();
        lastError = "";
      } catch (error) {
        if (messageOf(error) !== lastError)
          report("warning", `Cannot share the partitions of ${hub}: ${messageOf(error)}`);
        lastError = messageOf(error);
      }
      await sleep(timings.ownershipMs / 5, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  /** So that another host, or this one's successor, need not wait for the ownership to expire. */
  async function giveUpOwnership(): Promise<void> {
    const mine = (await listOwnership()).filter((ownership) => ownership.ownerId === ownerId);
    await store.claimOwnership(mine.map((ownership) => ({ ...ownership, ownerId: "" })));
  }

  return {
    start: async () => {
      await container.createIfNotExists();
      loop = run();
    },
    // Ownership is kept until the running functions have ended, so that no other host repeats their batches.
    stop: async () => {
      draining = true;
      for (const consumer of consumers.values()) consumer.quiesce();
      await Promise.all([...consumers.values()].map((consumer) => consumer.idle()));
      closing.abort();
      await loop;
      await Promise.all([...consumers.values()].map((consumer) => consumer.close()));
      await giveUpOwnership().catch((error: unknown) =>
        report("warning", `Ownership not given up: ${messageOf(error)}`),
      );
      await client.close();
    },
  };
};
