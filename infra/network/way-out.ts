import * as network from "@pulumi/azure-native/network/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface WayOutArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/**
 * The one address that the app calls others from: identity providers and Entra ID, webhooks, telemetry, the Functions
 * host's extension bundle, the package's source. A private link scope would carry the telemetry alone, so it comes on
 * top of this and not instead.
 */
export class WayOut extends pulumi.ComponentResource {
  readonly natGatewayId: pulumi.Output<string>;
  readonly addressId: pulumi.Output<string>;
  /** What others may allow: the address that they see. */
  readonly address: pulumi.Output<string>;

  constructor(name: string, { settings, resourceGroupName }: WayOutArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:network:WayOut", name, {}, opts);
    const common = { resourceGroupName, location: settings.location, tags: tagsOf(settings) };
    const address = new network.PublicIPAddress(
      "address",
      {
        ...common,
        publicIpAddressName: nameOf("publicAddress", settings),
        sku: { name: "Standard", tier: "Regional" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
        idleTimeoutInMinutes: 4,
        ...(settings.zones ? { zones: ["1", "2", "3"] } : {}),
      },
      { parent: this },
    );
    // A gateway stands in one zone, whichever address it has: the loss of that zone cuts the way out, and no other.
    const gateway = new network.NatGateway(
      "gateway",
      {
        ...common,
        natGatewayName: nameOf("natGateway", settings),
        sku: { name: "Standard" },
        idleTimeoutInMinutes: 4,
        publicIpAddresses: [{ id: address.id }],
      },
      { parent: this },
    );
    this.natGatewayId = gateway.id;
    this.addressId = address.id;
    this.address = address.ipAddress.apply((text) => text ?? "");
    this.registerOutputs();
  }
}
