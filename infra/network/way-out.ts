import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface WayOutArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** The one address that the app calls others from. */
export class WayOut extends pulumi.ComponentResource {
  readonly natGatewayId: pulumi.Output<string>;
  readonly addressId: pulumi.Output<string>;
}
