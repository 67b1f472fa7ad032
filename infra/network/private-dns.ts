import * as privatedns from "@pulumi/azure-native/privatedns/index.js";
import * as pulumi from "@pulumi/pulumi";
import { tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

/**
 * The zone that answers for each sub-resource of a private endpoint, from "Azure Private Endpoint private DNS zone
 * values".
 */
export const zones = {
  namespace: "privatelink.servicebus.windows.net",
  Sql: "privatelink.documents.azure.com",
  vault: "privatelink.vaultcore.azure.net",
  blob: "privatelink.blob.core.windows.net",
  queue: "privatelink.queue.core.windows.net",
  table: "privatelink.table.core.windows.net",
  sites: "privatelink.azurewebsites.net",
} as const;

export type SubResource = keyof typeof zones;

export interface PrivateDnsArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly networkId: pulumi.Input<string>;
  readonly subResources: readonly SubResource[];
}

/** The zones in which the network finds its private endpoints, linked to it. */
export class PrivateDns extends pulumi.ComponentResource {
  readonly #zoneIds: Readonly<Partial<Record<SubResource, pulumi.Output<string>>>>;

  constructor(name: string, args: PrivateDnsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:network:PrivateDns", name, {}, opts);
    this.#zoneIds = Object.fromEntries(args.subResources.map((sub) => [sub, this.#makeZone(sub, args)]));
    this.registerOutputs();
  }

  /** Throws for a sub-resource that was not asked for. */
  zoneId(subResource: SubResource): pulumi.Output<string> {
    const id = this.#zoneIds[subResource];
    if (id === undefined) throw new Error(`there is no zone for ${subResource}`);
    return id;
  }

  /** The zone's id, once the network is linked to it: nobody may look an endpoint up before. */
  #makeZone(
    subResource: SubResource,
    { settings, resourceGroupName, networkId }: PrivateDnsArgs,
  ): pulumi.Output<string> {
    const common = { resourceGroupName, location: "global", tags: tagsOf(settings) };
    const zone = new privatedns.PrivateZone(
      subResource,
      { ...common, privateZoneName: zones[subResource] },
      { parent: this },
    );
    const link = new privatedns.VirtualNetworkLink(
      subResource,
      {
        ...common,
        privateZoneName: zone.name,
        virtualNetworkLinkName: "network",
        virtualNetwork: { id: networkId },
        registrationEnabled: false,
      },
      { parent: this },
    );
    return pulumi.all([zone.id, link.id]).apply(([id]) => id);
  }
}
