import * as eventhub from "@pulumi/azure-native/eventhub/index.js";
import * as pulumi from "@pulumi/pulumi";
import { eventHub } from "../../shared/store/resources.ts";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";
import type { Captures } from "./captures.ts";

export interface EventHubsArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  /** Where copies of all envelopes go, if they are kept. */
  readonly captures: Captures | undefined;
}

/** Every hub has this consumer group. */
const GIVEN = "$Default";

/** The hub that envelopes go through, with a consumer group for each of its readers. */
export class EventHubs extends pulumi.ComponentResource {
  readonly namespaceId: pulumi.Output<string>;
  readonly namespaceName: pulumi.Output<string>;
  readonly hubId: pulumi.Output<string>;
  readonly hubName: pulumi.Output<string>;
  /** `name.servicebus.windows.net` */
  readonly host: pulumi.Output<string>;

  constructor(name: string, args: EventHubsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:data:EventHubs", name, {}, opts);
    const { resourceGroupName, captures } = args;
    const kept = { parent: this, protect: true };
    const namespace = new eventhub.Namespace("namespace", toNamespace(args), kept);
    new eventhub.NamespaceNetworkRuleSet(
      "network-rules",
      {
        resourceGroupName,
        namespaceName: namespace.name,
        publicNetworkAccess: "Disabled",
        defaultAction: "Deny",
        trustedServiceAccessEnabled: false,
        ipRules: [],
        virtualNetworkRules: [],
      },
      { parent: this },
    );
    const hub = new eventhub.EventHub("hub", toHub(args, namespace.name), {
      ...kept,
      ...(captures === undefined ? {} : { dependsOn: captures }),
    });
    for (const consumerGroupName of Object.values(eventHub.consumerGroups).filter((group) => group !== GIVEN)) {
      const within = { resourceGroupName, namespaceName: namespace.name, eventHubName: hub.name };
      new eventhub.ConsumerGroup(consumerGroupName, { ...within, consumerGroupName }, { parent: this });
    }
    this.namespaceId = namespace.id;
    this.namespaceName = namespace.name;
    this.hubId = hub.id;
    this.hubName = hub.name;
    this.host = pulumi.interpolate`${namespace.name}.servicebus.windows.net`;
    this.registerOutputs();
  }
}

function toNamespace({ settings, resourceGroupName, captures }: EventHubsArgs): eventhub.NamespaceArgs {
  const { sku, units, maxUnits } = settings.eventHubs;
  const grows = sku === "Standard" && maxUnits !== undefined && maxUnits > units;
  return {
    resourceGroupName,
    location: settings.location,
    tags: tagsOf(settings),
    namespaceName: nameOf("eventHubs", settings),
    sku: { name: sku, tier: sku, capacity: units },
    isAutoInflateEnabled: grows,
    ...(grows ? { maximumThroughputUnits: maxUnits } : {}),
    ...(captures === undefined
      ? {}
      : { identity: { type: "UserAssigned", userAssignedIdentities: [captures.identityId] } }),
    disableLocalAuth: true,
    minimumTlsVersion: "1.2",
    publicNetworkAccess: "Disabled",
    // Where a region has zones, a namespace is in them anyway: "false" is nothing that Azure would do.
    ...(settings.zones ? { zoneRedundant: true } : {}),
  };
}

function toHub(
  { settings, resourceGroupName, captures }: EventHubsArgs,
  namespaceName: pulumi.Input<string>,
): eventhub.EventHubArgs {
  const { partitions, retentionHours } = settings.eventHubs;
  return {
    resourceGroupName,
    namespaceName,
    eventHubName: eventHub.name,
    partitionCount: partitions,
    retentionDescription: { cleanupPolicy: "Delete", retentionTimeInHours: retentionHours },
    ...(captures === undefined ? {} : { captureDescription: captures.description }),
  };
}
