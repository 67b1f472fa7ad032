import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface KeyVaultArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** The vault of the app's own secrets and of identity providers' client secrets. */
export class KeyVault extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly uri: pulumi.Output<string>;
}
