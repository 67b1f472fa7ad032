import { BlobServiceClient, type Metadata } from "@azure/storage-blob";
import type { Random } from "../local/launcher/faults/random.ts";

export interface Rewinder {
  /** Looks at the checkpoints of now, to go back to them later. */
  remember(): Promise<void>;
  /** Puts one partition's checkpoint back to an old one. False when there is none yet. */
  rewind(): Promise<boolean>;
}

/** How many looks back a partition is rewound at most: its whole past would take longer each time. */
const REMEMBERED = 4;

/** Rewinds the partitions that a Functions host reads. The host must not run while it does. */
export function createRewinder(connectionString: string, random: Random): Rewinder {
  const container =
    BlobServiceClient.fromConnectionString(connectionString).getContainerClient("azure-webjobs-eventhub");
  const remembered = new Map<string, Metadata[]>();
  return {
    remember: async () => {
      for await (const { name, metadata } of container.listBlobsFlat({ includeMetadata: true })) {
        if (!name.includes("/checkpoint/") || !metadata) continue;
        remembered.set(name, [...(remembered.get(name) ?? []), metadata].slice(-REMEMBERED));
      }
    },
    rewind: async () => {
      if (remembered.size === 0) return false;
      const [name, [oldest]] = random.pick([...remembered]);
      if (oldest) await container.getBlobClient(name).setMetadata(oldest);
      return oldest !== undefined;
    },
  };
}
