import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HubLayout, HubSpec } from "./hub-layout.ts";
import { openLayout } from "./hub-layout.ts";
import type { PartitionLog } from "./log-store.ts";
import type { WriteBytes } from "./segment.ts";
import { openSegmentLog } from "./segment-log.ts";

export interface Hub extends HubLayout {
  readonly partitions: readonly PartitionLog[];
}

export interface Hubs {
  /** Names are compared without regard to case, as Azure does. */
  find(name: string): Hub | undefined;
  expire(): void;
  close(): void;
}

interface HubsOptions {
  /** Folder of the data, or ":memory:" for a temporary one that is removed at the end. */
  readonly dataDir: string;
  readonly hubs: readonly HubSpec[];
  readonly fresh: boolean;
  readonly retentionMs: number;
  readonly now: () => number;
  readonly write?: WriteBytes | undefined;
}

/** Opens the hubs on disk together with those that are asked for. Throws an Error that says what does not fit. */
export async function openHubs(options: HubsOptions): Promise<Hubs> {
  const isTemporary = options.dataDir === ":memory:";
  const folder = isTemporary ? await mkdtemp(join(tmpdir(), "event-hubs-")) : options.dataDir;
  const tidyUp = (): void => {
    if (isTemporary) rmSync(folder, { recursive: true, force: true });
  };
  try {
    return openFolder(folder, options, tidyUp);
  } catch (error) {
    tidyUp();
    throw error;
  }
}

function openFolder(folder: string, options: HubsOptions, onClosed: () => void): Hubs {
  const layout = openLayout({ ...options, folder });
  const hubs = new Map(layout.hubs.map((hub) => [hub.name.toLowerCase(), openHub(folder, hub, options)]));
  const logs = [...hubs.values()].flatMap(({ partitions }) => partitions);
  return {
    find: (name) => hubs.get(name.toLowerCase()),
    expire: () => {
      for (const log of logs) log.expire();
    },
    close: () => {
      for (const log of logs) log.close();
      layout.close();
      onClosed();
    },
  };
}

function openHub(folder: string, hub: HubLayout, { retentionMs, now, write }: HubsOptions): Hub {
  const partitions = Array.from({ length: hub.partitionCount }, (_, partition) =>
    openSegmentLog({ folder: join(folder, hub.name.toLowerCase(), String(partition)), retentionMs, now, write }),
  );
  return { ...hub, partitions };
}
