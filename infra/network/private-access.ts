import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { PrivateDns, type SubResource } from "./private-dns.ts";
import { PrivateEndpoint } from "./private-endpoint.ts";

export interface Service {
  readonly resourceId: pulumi.Input<string>;
  readonly subResource: SubResource;
}

export interface PrivateAccessArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly networkId: pulumi.Input<string>;
  readonly subnetId: pulumi.Input<string>;
  /** By the name that its endpoint gets. */
  readonly services: Readonly<Record<string, Service>>;
  /** Other endpoints in the same subnet. */
  readonly after?: pulumi.Resource[];
}

/** A private endpoint for each service, and the zones in which the network finds them. */
export class PrivateAccess extends pulumi.ComponentResource {
  constructor(name: string, args: PrivateAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:network:PrivateAccess", name, {}, opts);
    const { settings, resourceGroupName, networkId, subnetId, services } = args;
    const common = { settings, resourceGroupName };
    const subResources = [...new Set(Object.values(services).map(({ subResource }) => subResource))];
    const dns = new PrivateDns(name, { ...common, networkId, subResources }, { parent: this });
    // One by one: side by side in a subnet, or on one account, they refuse each other (azurerm#21293,
    // azure-native#1024).
    let after = args.after ?? [];
    for (const [service, { resourceId, subResource }] of Object.entries(services)) {
      const endpoint = { ...common, subnetId, resourceId, subResource, zoneId: dns.zoneId(subResource), after };
      after = [new PrivateEndpoint(service, endpoint, { parent: this })];
    }
    this.registerOutputs();
  }
}
