import { setTimeout as sleep } from "node:timers/promises";
import { BlobServiceClient } from "@azure/storage-blob";
import type { Random } from "../local/faults/random.ts";
import type { Pipeline } from "../local/pipeline.ts";

export interface DisturbancePlan {
  readonly host: number;
  readonly emulators: number;
  readonly pauses: number;
}

export interface Disturbance {
  readonly done: Promise<void>;
  /** What was done so far, and how often. */
  readonly events: Readonly<Record<string, number>>;
}

/** Kills, pauses and rewinds at random moments, spread over about `overMs`. Everything runs again when it is done. */
export function disturb(pipeline: Pipeline, plan: DisturbancePlan, random: Random, overMs: number): Disturbance {
  const events: Record<string, number> = {};
  const acts: [string, () => Promise<void>][] = [
    ...repeat(plan.host, "host killed", () => crash(pipeline, "functions-host", random, events)),
    ...repeat(plan.emulators, "Cosmos DB killed", () => crash(pipeline, "cosmos", random, events)),
    ...repeat(plan.emulators, "Event Hubs killed", () => crash(pipeline, "event-hubs", random, events)),
    ...repeat(plan.pauses, "host paused", () => pause(pipeline, "functions-host", 6_000)),
    ...repeat(plan.pauses, "queues paused", () => pause(pipeline, "queue", 2_000)),
    ...repeat(plan.pauses, "blobs paused", () => pause(pipeline, "blob", 2_000)),
    // Azurite forgets what it acknowledged when it is killed: it is ended gently.
    ...repeat(plan.pauses, "queues restarted", () => pipeline.restart("queue")),
    ...repeat(plan.pauses, "blobs restarted", () => pipeline.restart("blob")),
  ];
  const run = async (): Promise<void> => {
    for (let left = acts.length; left > 0; left--) {
      await sleep(random.below((2 * overMs) / (acts.length + 1)));
      const [[what, act] = ["", async () => undefined]] = acts.splice(random.below(acts.length), 1);
      await act();
      events[what] = (events[what] ?? 0) + 1;
    }
  };
  return { done: run(), events };
}

function repeat(count: number, what: string, act: () => Promise<void>): [string, () => Promise<void>][] {
  return Array.from({ length: count }, () => [what, act]);
}

async function crash(
  pipeline: Pipeline,
  name: "functions-host" | "cosmos" | "event-hubs",
  random: Random,
  events: Record<string, number>,
): Promise<void> {
  await pipeline.kill(name);
  if (name === "functions-host" && random.chance(0.4)) {
    await rewind(pipeline, random);
    events["partition rewound"] = (events["partition rewound"] ?? 0) + 1;
  }
  await sleep(random.below(800));
  await pipeline.restart(name);
}

async function pause(pipeline: Pipeline, name: "functions-host" | "queue" | "blob", ms: number): Promise<void> {
  await pipeline.kill(name, "SIGSTOP");
  await sleep(ms);
  await pipeline.kill(name, "SIGCONT");
}

/** Takes a partition's checkpoint away: everything in it is delivered once more, with other batch boundaries. */
async function rewind(pipeline: Pipeline, random: Random): Promise<void> {
  const service = BlobServiceClient.fromConnectionString(pipeline.storage.connectionString ?? "");
  const container = service.getContainerClient("azure-webjobs-eventhub");
  const names: string[] = [];
  for await (const blob of container.listBlobsFlat()) if (blob.name.includes("/checkpoint/")) names.push(blob.name);
  if (names.length > 0) await container.deleteBlob(random.pick(names));
}
