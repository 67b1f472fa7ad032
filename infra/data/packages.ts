import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as storage from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { builtInRole, roleIds } from "../identity/roles.ts";
import { closedAccount, softDelete } from "./account.ts";

export interface PackagesArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly upload: NonNullable<Settings["release"]["upload"]>;
}

const CONTAINER = "releases";

/**
 * An account for bundles that are no public release. It holds no tenant's data, and it is the one thing of the stack
 * besides Front Door that has a public address: for who uploads, from the addresses named. The host reads it by its
 * private endpoint, with a signature of an hour.
 */
export class Packages extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  /** `https://ACCOUNT.blob.core.windows.net/CONTAINER`, once bundles may be put there. */
  readonly containerUrl: pulumi.Output<string>;

  constructor(name: string, args: PackagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:data:Packages", name, {}, opts);
    const { settings, resourceGroupName, upload } = args;
    const closed = closedAccount("packages", settings, resourceGroupName);
    const account = new storage.StorageAccount(
      "account",
      {
        ...closed,
        publicNetworkAccess: "Enabled",
        networkRuleSet: {
          ...closed.networkRuleSet,
          ipRules: upload.from.map((address) => ({ iPAddressOrRange: address, action: "Allow" as const })),
        },
        sasPolicy: { expirationAction: "Block", sasExpirationPeriod: "00.01:00:00" },
      },
      { parent: this },
    );
    new storage.BlobServiceProperties("blobs", softDelete(account.name, settings, resourceGroupName), { parent: this });
    const container = new storage.BlobContainer(
      CONTAINER,
      { resourceGroupName, accountName: account.name, containerName: CONTAINER, publicAccess: "None" },
      { parent: this },
    );
    // On the account: the key that signs for an hour is the account's.
    const role = new authorization.RoleAssignment(
      "uploader",
      {
        scope: account.id,
        principalId: upload.principalId,
        principalType: upload.principalType,
        roleDefinitionId: builtInRole(settings, roleIds.storageBlobDataContributor),
        description: "Who deploys uploads bundles, and signs for an hour that they are read",
      },
      { parent: this },
    );
    this.accountId = account.id;
    const url = pulumi.interpolate`https://${account.name}.blob.core.windows.net/${container.name}`;
    this.containerUrl = pulumi.all([url, role.id]).apply(([ready]) => ready);
    this.registerOutputs();
  }
}
