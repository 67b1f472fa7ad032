import type * as storage from "@pulumi/azure-native/storage/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { type Kind, nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

/** A storage account that is closed: no keys, no public address, nobody trusted. Who needs more says so. */
export function closedAccount(
  kind: Kind,
  settings: Settings,
  resourceGroupName: pulumi.Input<string>,
): storage.StorageAccountArgs & { networkRuleSet: { bypass: string; defaultAction: "Deny" } } {
  return {
    resourceGroupName,
    location: settings.location,
    tags: tagsOf(settings),
    accountName: nameOf(kind, settings),
    kind: "StorageV2",
    sku: { name: settings.zones ? "Standard_ZRS" : "Standard_LRS" },
    accessTier: "Hot",
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_2",
    allowSharedKeyAccess: false,
    defaultToOAuthAuthentication: true,
    allowBlobPublicAccess: false,
    allowCrossTenantReplication: false,
    allowedCopyScope: "AAD",
    isLocalUserEnabled: false,
    isSftpEnabled: false,
    isHnsEnabled: false,
    publicNetworkAccess: "Disabled",
    networkRuleSet: { defaultAction: "Deny", bypass: "None", ipRules: [], virtualNetworkRules: [] },
    // Cannot be added later.
    encryption: {
      keySource: "Microsoft.Storage",
      requireInfrastructureEncryption: true,
      services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
    },
  };
}

/** What was deleted or overwritten can be had back for a while. */
export function softDelete(
  accountName: pulumi.Input<string>,
  settings: Settings,
  resourceGroupName: pulumi.Input<string>,
): storage.BlobServicePropertiesArgs {
  const kept = { enabled: true, days: settings.storage.softDeleteDays };
  return {
    resourceGroupName,
    accountName,
    blobServicesName: "default",
    deleteRetentionPolicy: { ...kept, allowPermanentDelete: false },
    containerDeleteRetentionPolicy: kept,
  };
}
