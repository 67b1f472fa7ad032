import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface NetworkArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly natGatewayId: pulumi.Input<string>;
}

/** The VNet, with a subnet for the app and one for private endpoints. */
export class Network extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly appSubnetId: pulumi.Output<string>;
  readonly endpointSubnetId: pulumi.Output<string>;
}
