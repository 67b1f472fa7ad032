import * as azure from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import { blobContainers, checkpointContainer, queues } from "../../shared/store/resources.ts";
import type { Settings } from "../config/settings.ts";
import { closedAccount, softDelete } from "./account.ts";

export interface StorageArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** The package that is deployed stands here; the platform writes it. */
const DEPLOYMENT = "app-package";
/**
 * The Functions host's own: locks and schedules, its keys, checkpoints of Event Hubs. It would make them at its start.
 */
const HOST = ["azure-webjobs-hosts", "azure-webjobs-secrets", checkpointContainer];

/**
 * The account of the host and of the product. No lifecycle rule deletes by age alone: a claim is needed until its
 * envelope is settled, and an outage may be long. The host keeps its keys here too: nothing asks for one, and a vault
 * of their own would be one more that it may write.
 */
export class Storage extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  readonly blobUri: pulumi.Output<string>;
  readonly queueUri: pulumi.Output<string>;
  readonly tableUri: pulumi.Output<string>;
  /** The address of the container that the app is deployed from. */
  readonly deploymentContainer: pulumi.Output<string>;
  readonly queueIds: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:data:Storage", name, {}, opts);
    const { settings, resourceGroupName } = args;
    const kept = { parent: this, protect: true };
    const account = new azure.StorageAccount("account", closedAccount("storage", settings, resourceGroupName), kept);
    const within = { resourceGroupName, accountName: account.name };
    new azure.BlobServiceProperties("blobs", softDelete(account.name, settings, resourceGroupName), { parent: this });
    const containers = [...Object.values(blobContainers), ...HOST, DEPLOYMENT].map(
      (containerName) =>
        new azure.BlobContainer(containerName, { ...within, containerName, publicAccess: "None" }, kept),
    );
    const ids = Object.values(queues).map(
      (queueName) => [queueName, new azure.Queue(queueName, { ...within, queueName }, kept).id] as const,
    );
    this.accountId = account.id;
    this.accountName = account.name;
    this.blobUri = pulumi.interpolate`https://${account.name}.blob.core.windows.net`;
    this.queueUri = pulumi.interpolate`https://${account.name}.queue.core.windows.net`;
    this.tableUri = pulumi.interpolate`https://${account.name}.table.core.windows.net`;
    // The app is deployed into it, so it waits for it.
    this.deploymentContainer = pulumi
      .all([this.blobUri, ...containers.map(({ id }) => id)])
      .apply(([uri]) => `${uri}/${DEPLOYMENT}`);
    this.queueIds = Object.fromEntries(ids);
    this.registerOutputs();
  }
}
