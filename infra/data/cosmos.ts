import * as cosmosdb from "@pulumi/azure-native/cosmosdb/index.js";
import * as pulumi from "@pulumi/pulumi";
import { toContainerResource } from "../../shared/store/container-resource.ts";
import { type ContainerDefinition, containers, databaseName } from "../../shared/store/containers.ts";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface CosmosArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** The account with the product's database and containers. */
export class Cosmos extends pulumi.ComponentResource {
  /** Known once the containers are there: an account that is being changed refuses endpoints and roles (412). */
  readonly accountId: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  /** `https://name.documents.azure.com` */
  readonly endpoint: pulumi.Output<string>;
  /** The database, as a scope of data-plane roles. */
  readonly roleScope: pulumi.Output<string>;

  constructor(name: string, args: CosmosArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:data:Cosmos", name, {}, opts);
    const { settings, resourceGroupName } = args;
    const kept = { parent: this, protect: true };
    const account = new cosmosdb.DatabaseAccount("account", toAccount(args), kept);
    const within = { resourceGroupName, accountName: account.name };
    const database = new cosmosdb.SqlResourceSqlDatabase(
      "database",
      { ...within, databaseName, resource: { id: databaseName }, options: sharedThroughput(settings) },
      kept,
    );
    const ids = Object.values<ContainerDefinition>(containers).map((definition) => {
      const containerArgs = {
        ...within,
        databaseName: database.name,
        containerName: definition.id,
        resource: toContainerResource(definition),
        options: ownThroughput(definition.id, settings),
      };
      return new cosmosdb.SqlResourceSqlContainer(definition.id, containerArgs, kept).id;
    });
    this.accountId = pulumi.all([account.id, pulumi.all(ids)]).apply(([id]) => id);
    this.accountName = account.name;
    this.endpoint = pulumi.interpolate`https://${account.name}.documents.azure.com`;
    this.roleScope = pulumi.interpolate`${this.accountId}/dbs/${databaseName}`;
    this.registerOutputs();
  }
}

function toAccount({ settings, resourceGroupName }: CosmosArgs): cosmosdb.DatabaseAccountArgs {
  const { location, zones, cosmos } = settings;
  return {
    resourceGroupName,
    location,
    tags: tagsOf(settings),
    accountName: nameOf("cosmos", settings),
    kind: "GlobalDocumentDB",
    databaseAccountOfferType: "Standard",
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: zones }],
    enableMultipleWriteLocations: false,
    enableAutomaticFailover: false,
    consistencyPolicy: { defaultConsistencyLevel: "Session" },
    backupPolicy: { type: "Continuous", continuousModeProperties: { tier: cosmos.backup } },
    capabilities: [],
    // Each partition is billed for what it uses: one busy org does not raise the price of all.
    enablePerRegionPerPartitionAutoscale: true,
    enableFreeTier: false,
    enableAnalyticalStorage: false,
    disableLocalAuth: true,
    disableKeyBasedMetadataWriteAccess: true,
    minimalTlsVersion: "Tls12",
    publicNetworkAccess: "Disabled",
    networkAclBypass: "None",
    isVirtualNetworkFilterEnabled: false,
    ipRules: [],
    virtualNetworkRules: [],
    cors: [],
  };
}

function sharedThroughput({ cosmos }: Settings): { autoscaleSettings?: { maxThroughput: number } } {
  const shared = Object.keys(containers).some((id) => !(id in cosmos.dedicatedMaxRu));
  return shared ? { autoscaleSettings: { maxThroughput: cosmos.sharedMaxRu } } : {};
}

function ownThroughput(id: string, { cosmos }: Settings): { autoscaleSettings?: { maxThroughput: number } } {
  const maxThroughput = cosmos.dedicatedMaxRu[id];
  return maxThroughput === undefined ? {} : { autoscaleSettings: { maxThroughput } };
}
