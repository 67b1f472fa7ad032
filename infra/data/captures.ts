import * as authorization from "@pulumi/azure-native/authorization/index.js";
import type * as eventhub from "@pulumi/azure-native/eventhub/index.js";
import * as managedidentity from "@pulumi/azure-native/managedidentity/index.js";
import * as storage from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";
import { builtInRole, roleIds } from "../identity/roles.ts";
import { closedAccount, softDelete } from "./account.ts";

export interface CapturesArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly capture: NonNullable<Settings["eventHubs"]["capture"]>;
}

const CONTAINER = "captures";

/**
 * An account for copies of all envelopes, which Event Hubs writes as one of Azure's trusted services, with an identity
 * of its own: the one account where these may pass.
 */
export class Captures extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  readonly identityId: pulumi.Output<string>;
  readonly description: eventhub.EventHubArgs["captureDescription"];

  constructor(name: string, args: CapturesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:data:Captures", name, {}, opts);
    const { settings, resourceGroupName } = args;
    const kept = { parent: this, protect: true };
    const closed = closedAccount("captures", settings, resourceGroupName);
    const account = new storage.StorageAccount(
      "account",
      { ...closed, networkRuleSet: { ...closed.networkRuleSet, bypass: "AzureServices" } },
      kept,
    );
    new storage.BlobServiceProperties("blobs", softDelete(account.name, settings, resourceGroupName), { parent: this });
    const container = new storage.BlobContainer(
      "captures",
      { resourceGroupName, accountName: account.name, containerName: CONTAINER, publicAccess: "None" },
      kept,
    );
    new storage.ManagementPolicy("expiry", toExpiry(account.name, args), { parent: this });
    const identity = new managedidentity.UserAssignedIdentity(
      "identity",
      {
        resourceGroupName,
        location: settings.location,
        tags: tagsOf(settings),
        resourceName: nameOf("captureIdentity", settings),
      },
      { parent: this },
    );
    new authorization.RoleAssignment(
      "writer",
      {
        scope: container.id,
        principalId: identity.principalId,
        principalType: "ServicePrincipal",
        roleDefinitionId: builtInRole(settings, roleIds.storageBlobDataContributor),
        description: "Event Hubs writes captured envelopes",
      },
      { parent: this },
    );
    this.accountId = account.id;
    this.identityId = identity.id;
    this.description = describe(args.capture, account.id, identity.id);
    this.registerOutputs();
  }
}

/** When Event Hubs writes a file, and as whom. */
function describe(
  { seconds, bytes }: CapturesArgs["capture"],
  accountId: pulumi.Input<string>,
  identityId: pulumi.Input<string>,
): Captures["description"] {
  return {
    enabled: true,
    encoding: "Avro",
    intervalInSeconds: seconds,
    sizeLimitInBytes: bytes,
    skipEmptyArchives: true,
    destination: {
      name: "EventHubArchive.AzureBlockBlob",
      storageAccountResourceId: accountId,
      blobContainer: CONTAINER,
      archiveNameFormat: "{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}",
      identity: { type: "UserAssigned", userAssignedIdentity: identityId },
    },
  };
}

/** Copies, which the hub's own retention and the stores outlive: here age alone decides. */
function toExpiry(
  accountName: pulumi.Input<string>,
  { resourceGroupName, capture }: CapturesArgs,
): storage.ManagementPolicyArgs {
  const rule = {
    name: "expire-captures",
    enabled: true,
    type: "Lifecycle",
    definition: {
      filters: { blobTypes: ["blockBlob"], prefixMatch: [`${CONTAINER}/`] },
      actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: capture.days } } },
    },
  };
  return { resourceGroupName, accountName, managementPolicyName: "default", policy: { rules: [rule] } };
}
