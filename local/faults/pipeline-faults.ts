import { storageConnectionString } from "../pipeline/services.ts";
import type { Supervisor } from "../pipeline/supervisor.ts";
import { createFaultSource } from "./fault-source.ts";
import { type ProfileName, profileOf } from "./profiles.ts";
import { startStorageProxy } from "./storage-proxy.ts";

/** The faults of a whole pipeline. */
export interface PipelineFaults {
  /** Storage as the function app reaches it: through proxies that can fail. */
  readonly storageConnectionString: string;
  set(profile: ProfileName): void;
  /** How often each fault was injected: `cosmos throttled` → 12. A killed service takes its last quarter of a second along. */
  counts(): Readonly<Record<string, number>>;
  close(): void;
}

export async function createPipelineFaults(
  supervisor: Supervisor,
  storage: { readonly blobEndpoint: string; readonly queueEndpoint: string },
  seed: number,
): Promise<PipelineFaults> {
  const sources = { blob: createFaultSource(seed + 3), queue: createFaultSource(seed + 4) };
  const blob = await startStorageProxy(new URL(storage.blobEndpoint), sources.blob);
  const queue = await startStorageProxy(new URL(storage.queueEndpoint), sources.queue);
  return {
    storageConnectionString: storageConnectionString({ blob: blob.port, queue: queue.port }),
    set: (profile) => {
      supervisor.setFaults("cosmos", profileOf(profile, "cosmos"));
      supervisor.setFaults("event-hubs", profileOf(profile, "event-hubs"));
      supervisor.setFaults("key-vault", profileOf(profile, "key-vault"));
      for (const source of Object.values(sources)) source.set(profileOf(profile, "storage"));
    },
    counts: () => {
      const own = Object.entries(sources).flatMap(([service, source]) =>
        Object.entries(source.counts()).map(([kind, count]) => [`${service} ${kind}`, count] as const),
      );
      return { ...supervisor.faultCounts(), ...Object.fromEntries(own) };
    },
    close: () => {
      blob.close();
      queue.close();
    },
  };
}
