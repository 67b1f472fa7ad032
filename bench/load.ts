import { setTimeout as sleep } from "node:timers/promises";
import { type Batch, collectBatches } from "../cli/send/collect-batches.ts";
import { createLineMapper } from "../cli/send/map-line.ts";
import { openSource, readLines } from "../cli/send/read-lines.ts";
import type { Tally } from "../cli/send/tally.ts";
import type { Random } from "../local/launcher/faults/random.ts";
import { countFile, type FileCounts } from "./count-file.ts";
import { generateBatches, type LoadBatch } from "./generate-batches.ts";

/** The events that a run sends, and the outcomes that they must have. */
export interface Load {
  readonly orgs: readonly string[];
  batches(): AsyncIterable<LoadBatch>;
  /** Valid events by org and type, each id once; they must be stored. */
  counts(): FileCounts;
  /** Invalid events by org; they must be in quarantine. */
  invalid(): ReadonlyMap<string, number>;
}

const mapping = { org: "channel", type: "namespace", time: "time", user: "user" } as const;
const BATCH_SIZE = 100;
/** Accepted events that are not settled; beyond this the pipeline is given time. */
const MOST_PENDING = 200_000;

/** A file's events, spread over the time of the disturbances. */
export async function createFileLoad(file: string, name: string, durationMs: number): Promise<Load> {
  const counts = await countFile(file, mapping);
  const options = { size: BATCH_SIZE, mapLine: createLineMapper(mapping, name), onProblem: () => undefined };
  return {
    orgs: [...counts.byOrg.keys()],
    batches: () => pace(collectBatches(readLines(openSource(file)), options), counts.total / durationMs),
    counts: () => counts,
    invalid: () => new Map(),
  };
}

async function* pace(batches: AsyncIterable<Batch>, eventsPerMs: number): AsyncGenerator<LoadBatch> {
  const began = performance.now();
  let events = 0;
  for await (const batch of batches) {
    events += batch.events.length;
    await sleep(Math.max(0, events / eventsPerMs - (performance.now() - began)));
    yield { ...batch, fresh: batch.events, invalid: [] };
  }
}

export function createGeneratedLoad(options: {
  readonly durationMs: number;
  readonly rate: number;
  readonly random: Random;
  readonly tally: Tally;
}): Load {
  const whenReady = async (): Promise<void> => {
    while (options.tally.total().pending > MOST_PENDING) await sleep(100);
  };
  return generateBatches({ ...options, whenReady });
}
