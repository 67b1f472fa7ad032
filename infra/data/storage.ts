import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface StorageArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** The account of the host and of the product: queues, claims, leases, and the container of the deployed package. */
export class Storage extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  readonly blobUri: pulumi.Output<string>;
  readonly queueUri: pulumi.Output<string>;
  readonly tableUri: pulumi.Output<string>;
  /** The address of the container that the app is deployed from. */
  readonly deploymentContainer: pulumi.Output<string>;
}
