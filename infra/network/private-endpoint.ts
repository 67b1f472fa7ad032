import * as network from "@pulumi/azure-native/network/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";
import type { SubResource } from "./private-dns.ts";

export interface PrivateEndpointArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly subnetId: pulumi.Input<string>;
  /** What stands behind it. */
  readonly resourceId: pulumi.Input<string>;
  readonly subResource: SubResource;
  readonly zoneId: pulumi.Input<string>;
  /** Endpoints that must be there before: side by side in a subnet they refuse each other. */
  readonly after: pulumi.Resource[];
}

/**
 * An address of ours for a service, and its name in the zone. The zone group writes every name that the endpoint has:
 * of a Cosmos DB account the regional one too, which the SDK goes to.
 */
export class PrivateEndpoint extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: PrivateEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:network:PrivateEndpoint", name, {}, opts);
    const { settings, resourceGroupName, subnetId, resourceId, subResource, zoneId, after } = args;
    const privateEndpointName = `${nameOf("privateEndpoint", settings)}-${name}`;
    const endpoint = new network.PrivateEndpoint(
      name,
      {
        resourceGroupName,
        location: settings.location,
        tags: tagsOf(settings),
        privateEndpointName,
        customNetworkInterfaceName: `nic-${privateEndpointName}`,
        // azure-native would say "Disabled" of the subnet here, against what the network says of it.
        subnet: { id: subnetId, privateEndpointNetworkPolicies: "NetworkSecurityGroupEnabled" },
        privateLinkServiceConnections: [
          { name: subResource, privateLinkServiceId: resourceId, groupIds: [subResource] },
        ],
      },
      { parent: this, dependsOn: after },
    );
    new network.PrivateDnsZoneGroup(
      name,
      {
        resourceGroupName,
        privateEndpointName: endpoint.name,
        privateDnsZoneGroupName: "default",
        privateDnsZoneConfigs: [{ name: subResource, privateDnsZoneId: zoneId }],
      },
      { parent: this },
    );
    this.id = endpoint.id;
    this.registerOutputs();
  }
}
