import { storageConnectionString } from "../azurite/account.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Usage } from "../usage/usage-counter.ts";
import { createFaultSource } from "./fault-source.ts";
import { createGoneBlobs } from "./gone-blobs.ts";
import { type FaultProfile, type FaultyService, type ProfileName, profileOf } from "./profiles.ts";
import { startStorageProxy } from "./storage-proxy.ts";

/** The faults of a whole stack. */
export interface StackFaults {
  /** Storage as the function app reaches it: through proxies that can fail. */
  readonly storageConnectionString: string;
  /** A profile by name, or probabilities by service; services that are not named have no faults then. */
  set(profile: ProfileName | Readonly<Partial<Record<FaultyService, FaultProfile>>>): void;
  /** Lets the queues refuse the app (403), until they are told to take it again: it shuts a Functions host down. */
  refuseQueues(refusing: boolean): void;
  /** How often each fault was injected: `cosmos throttled` → 12. */
  counts(): Readonly<Record<string, number>>;
  /** Requests of the app to storage so far: `queue POST work` → 12. */
  storageRequests(): Usage;
  close(): void;
}

export async function createStackFaults(
  supervisor: Supervisor,
  storage: { readonly blobEndpoint: string; readonly queueEndpoint: string },
  seed: number,
): Promise<StackFaults> {
  const sources = { blob: createFaultSource(seed + 3), queue: createFaultSource(seed + 4) };
  const blob = await startStorageProxy(new URL(storage.blobEndpoint), sources.blob, createGoneBlobs(sources.blob));
  const queue = await startStorageProxy(new URL(storage.queueEndpoint), sources.queue);
  return {
    storageConnectionString: storageConnectionString({ blob: blob.port, queue: queue.port }),
    set: (profile) => {
      const of = (service: FaultyService): FaultProfile =>
        typeof profile === "string" ? profileOf(profile, service) : (profile[service] ?? {});
      supervisor.setFaults("cosmos", of("cosmos"));
      supervisor.setFaults("event-hubs", of("event-hubs"));
      supervisor.setFaults("key-vault", of("key-vault"));
      supervisor.setFaults("functions-host", of("functions-host"));
      supervisor.setFaults("managed-identity", of("managed-identity"));
      for (const source of Object.values(sources)) source.set(of("storage"));
    },
    refuseQueues: (refusing) => queue.refuse(refusing),
    counts: () => {
      const own = Object.entries(sources).flatMap(([service, source]) =>
        Object.entries(source.counts()).map(([kind, count]) => [`${service} ${kind}`, count] as const),
      );
      return { ...supervisor.faultCounts(), ...Object.fromEntries(own) };
    },
    storageRequests: () =>
      Object.fromEntries(
        Object.entries({ blob, queue }).flatMap(([service, proxy]) =>
          Object.entries(proxy.requests()).map(([name, count]) => [`${service} ${name}`, count] as const),
        ),
      ),
    close: () => {
      blob.close();
      queue.close();
    },
  };
}
