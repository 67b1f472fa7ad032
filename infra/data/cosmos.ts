import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface CosmosArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** The account with the product's database and containers. */
export class Cosmos extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  /** `https://name.documents.azure.com:443/` */
  readonly endpoint: pulumi.Output<string>;
}
