import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { expect, onTestFinished, test } from "vitest";
import type { Connection } from "../../shared/config.ts";
import { createBlobClaimStore } from "../../shared/envelope/blob-claim-store.ts";
import { createStorageWorkQueue } from "../../shared/pipeline/storage-work-queue.ts";
import type { QueueName } from "../../shared/pipeline/work-queue.ts";
import { createBlobLease } from "../../shared/secrets/blob-lease.ts";
import { blobContainers } from "../../shared/store/resources.ts";
import { describeClaimStore } from "../contracts/claim-store.ts";
import { describeLease } from "../contracts/lease.ts";
import { newOrg } from "../contracts/new-org.ts";
import { describeWorkQueue } from "../contracts/work-queue.ts";
import { startRefusing, startSilent } from "../support/failing-service.ts";
import { config, product } from "../support/product.ts";

const connectionString = product.env.AzureWebJobsStorage ?? "";
const noCredential = () => {
  throw new Error("the connection string has a key");
};

/** An account whose blobs and queues are both there. */
function accountAt(address: string): Connection {
  const endpoints = ["Blob", "Queue"].map((kind) => `${kind}Endpoint=http://${address}/account`).join(";");
  return { connectionString: `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=AAAA;${endpoints}` };
}

const away = async (): Promise<Connection> => accountAt(await startRefusing(503, "ServerBusy"));
const silent = async (): Promise<Connection> => accountAt(await startSilent());

describeClaimStore("Azure Storage", {
  open: async () => createBlobClaimStore(config.blobs, noCredential),
  openAway: async () => createBlobClaimStore(await away(), noCredential),
  openSilent: async () => createBlobClaimStore(await silent(), noCredential),
});

test("a claim store whose container is missing counts as away, and does not say that a blob is gone", async () => {
  const store = createBlobClaimStore(accountAt(await startRefusing(404, "ContainerNotFound")), noCredential);
  await expect(store.get("envelopes/a/b")).rejects.toMatchObject({ statusCode: 404 });
});

const lanes = { work: "work", bulk: "work-bulk", jobs: "jobs" };

describeWorkQueue("Azure Storage", {
  openEmpty: async () => {
    const names = { work: newOrg(), bulk: newOrg(), jobs: newOrg() };
    const service = QueueServiceClient.fromConnectionString(connectionString);
    for (const name of Object.values(names)) {
      await service.createQueue(name);
      onTestFinished(async () => void (await service.deleteQueue(name)));
    }
    const receive = async (name: QueueName = "work") => {
      const client = service.getQueueClient(names[name]);
      const [message] = (await client.receiveMessages()).receivedMessageItems;
      if (!message) return undefined;
      await client.deleteMessage(message.messageId, message.popReceipt);
      // The last day that .NET knows stands for "never".
      const expires = message.expiresOn.getUTCFullYear() < 9999;
      return { text: message.messageText, expiresOn: expires ? message.expiresOn : undefined };
    };
    return { queue: createStorageWorkQueue(config.queues, names, noCredential), receive };
  },
  openAway: async () => createStorageWorkQueue(await away(), lanes, noCredential),
  openSilent: async () => createStorageWorkQueue(await silent(), lanes, noCredential),
});

describeLease("Azure Storage", {
  openTwo: async () => [createBlobLease(config.blobs, noCredential), createBlobLease(config.blobs, noCredential)],
  // The SDK retries transient faults for longer than a test takes.
  openAway: async () => createBlobLease(accountAt(await startRefusing(403, "AuthenticationFailed")), noCredential),
});

test("a lease ends by itself when its holder has no time to give it back", async () => {
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(blobContainers.leases);
  const name = newOrg();
  const look = () => container.getBlobClient(name).getProperties();
  const { leaseState, leaseDuration } = (await createBlobLease(config.blobs, noCredential)(name, look)) ?? {};
  expect([leaseState, leaseDuration]).toEqual(["leased", "fixed"]);
});
