import * as keyvault from "@pulumi/azure-native/keyvault/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface KeyVaultArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/**
 * The vault of the secrets that the app makes itself, and of identity providers' client secrets. The program puts
 * nothing into it.
 */
export class KeyVault extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly uri: pulumi.Output<string>;

  constructor(name: string, args: KeyVaultArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:data:KeyVault", name, {}, opts);
    const { settings, resourceGroupName } = args;
    const vaultName = nameOf("keyVault", settings);
    const vault = new keyvault.Vault(
      "vault",
      {
        resourceGroupName,
        location: settings.location,
        tags: tagsOf(settings),
        vaultName,
        properties: {
          tenantId: settings.tenantId,
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: settings.keyVault.softDeleteDays,
          enablePurgeProtection: true,
          enabledForDeployment: false,
          enabledForDiskEncryption: false,
          enabledForTemplateDeployment: false,
          publicNetworkAccess: "Disabled",
          networkAcls: { defaultAction: "Deny", bypass: "None", ipRules: [], virtualNetworkRules: [] },
        },
      },
      { parent: this, protect: true },
    );
    this.id = vault.id;
    this.uri = pulumi.interpolate`https://${vault.name}.vault.azure.net`;
    this.registerOutputs();
  }
}
