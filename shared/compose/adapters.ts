import type { TokenCredential } from "@azure/identity";
import { createCosmosIdentityDocuments } from "../access/documents/cosmos-identity-documents.ts";
import { createCosmosIdentityStore } from "../access/keys/cosmos-identity-store.ts";
import { createCosmosRevocationStore } from "../access/revocations/cosmos-revocation-store.ts";
import { type Config, readIdentityEndpoint } from "../config.ts";
import { createBlobClaimStore } from "../envelope/blob-claim-store.ts";
import { createCosmosColumnStore } from "../event/cosmos-column-store.ts";
import { createCosmosEventStore } from "../event/cosmos-event-store.ts";
import { createEventHubsStream } from "../ingest/event-hubs-stream.ts";
import { createCosmosJobStore } from "../jobs/cosmos-job-store.ts";
import { createCosmosLedgerStore } from "../ledger/cosmos-ledger-store.ts";
import { createCosmosTimerRuns } from "../operator/cosmos-timer-runs.ts";
import { createCosmosVersionUse } from "../operator/cosmos-version-use.ts";
import { createCosmosOrgStateStore } from "../org/cosmos-org-state-store.ts";
import { createReadBacklog } from "../pipeline/backlog.ts";
import { checkCheckpoints } from "../pipeline/partition-state.ts";
import { createStorageWorkQueue } from "../pipeline/storage-work-queue.ts";
import { createCosmosQuarantineStore } from "../quarantine/cosmos-quarantine-store.ts";
import { once } from "../runtime/once.ts";
import { createCosmosRegistryStore } from "../schema/registry/cosmos-registry-store.ts";
import { createBlobLease } from "../secrets/blob-lease.ts";
import { createKeyVaultSecretVault } from "../secrets/key-vault-secret-vault.ts";
import { connectCosmos } from "../store/cosmos.ts";
import { createCosmosNewerFormats } from "../store/cosmos-newer-formats.ts";
import { createCredential } from "../store/credential.ts";
import { queues } from "../store/resources.ts";
import { processLog } from "../telemetry/log.ts";

/**
 * The outside world, each part behind its port: no other code knows which vendor it is. Nothing connects before it is
 * used.
 */
export function connectAdapters(config: Config) {
  let shared: TokenCredential | undefined;
  const credential = (): TokenCredential => {
    const { managedIdentityClientId: clientId } = config;
    shared ??= createCredential({ clientId, readEndpoint: readIdentityEndpoint, log: processLog });
    return shared;
  };
  const { containers, check: checkCosmos } = connectCosmos(config.cosmos, credential);
  const names = { work: queues.work, bulk: queues.workBulk, jobs: queues.jobs };
  const queue = createStorageWorkQueue(config.queues, names, credential);
  // Loaded on demand: in most instances it alone needs the blobs' SDK.
  const openPartitions = once(async () => {
    const { createAzurePartitions } = await import("../pipeline/azure-backlog.ts");
    return createAzurePartitions(config, credential);
  });
  const readPartitions = async () => (await openPartitions())();
  return {
    checkCosmos,
    queue,
    readBacklog: createReadBacklog(readPartitions, queue),
    checkCheckpoints: () => checkCheckpoints(readPartitions),
    stream: createEventHubsStream({
      connection: config.eventHubs,
      hub: config.eventHubName,
      credential,
      log: processLog,
    }),
    claims: createBlobClaimStore(config.blobs, credential),
    events: createCosmosEventStore(containers.events),
    columns: createCosmosColumnStore(containers.events),
    ledger: createCosmosLedgerStore(containers.ledger),
    quarantine: createCosmosQuarantineStore(containers.quarantine),
    registry: createCosmosRegistryStore(containers.registry),
    jobs: createCosmosJobStore(containers.jobs),
    vault: createKeyVaultSecretVault(config.keyVault, credential()),
    withLease: createBlobLease(config.blobs, credential),
    identity: createCosmosIdentityStore(containers.identity),
    states: createCosmosOrgStateStore(containers.identity),
    documents: createCosmosIdentityDocuments(containers.identity, config),
    revocationStore: createCosmosRevocationStore(containers.control),
    timerRuns: createCosmosTimerRuns(containers.control),
    newerFormats: createCosmosNewerFormats(containers.control),
    versionUse: createCosmosVersionUse(containers.control),
  };
}

export type Adapters = ReturnType<typeof connectAdapters>;
