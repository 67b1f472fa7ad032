import { absent, between, emptyList, equals, fits, is, matches } from "../conditions.ts";
import { ledTo, ofType, valueAt, valuesAt } from "../resource.ts";
import type { Rule } from "../rule.ts";
import { hasEndpoint } from "./private-access.ts";

const vault = "keyvault:Vault";

/** Of Key Vault. */
export const keyVault: readonly Rule[] = [
  {
    ids: ["Azure.KeyVault.RBAC"],
    type: vault,
    property: "properties.enableRbacAuthorization",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.KeyVault.AccessPolicy"],
    type: vault,
    property: "properties.accessPolicies",
    verdict: "must",
    check: absent,
  },
  {
    ids: ["Azure.KeyVault.PurgeProtect", "CKV_AZURE_110", "CKV_AZURE_42", "AVD-AZU-0016"],
    type: vault,
    property: "properties.enablePurgeProtection",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.KeyVault.SoftDelete", "CKV_AZURE_111"],
    type: vault,
    property: "properties.enableSoftDelete",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["headrace.vault.soft-delete-days"],
    type: vault,
    property: "properties.softDeleteRetentionInDays",
    verdict: "must",
    check: between(7, 90),
  },
  {
    ids: ["CKV_AZURE_189"],
    type: vault,
    property: "properties.publicNetworkAccess",
    verdict: "must",
    check: equals("Disabled"),
  },
  {
    ids: ["Azure.KeyVault.Firewall", "CKV_AZURE_109", "AVD-AZU-0013"],
    type: vault,
    property: "properties.networkAcls.defaultAction",
    verdict: "must",
    check: equals("Deny"),
  },
  {
    ids: ["headrace.vault.nobody-passes"],
    type: vault,
    property: "properties.networkAcls.bypass",
    verdict: "must",
    check: equals("None"),
  },
  {
    ids: ["headrace.vault.no-addresses"],
    type: vault,
    property: "properties.networkAcls.ipRules",
    verdict: "must",
    check: emptyList,
  },
  {
    ids: ["headrace.vault.no-networks"],
    type: vault,
    property: "properties.networkAcls.virtualNetworkRules",
    verdict: "must",
    check: emptyList,
  },
  {
    ids: ["CKV2_AZURE_32"],
    type: vault,
    property: "",
    verdict: "must",
    check: fits("a private endpoint", (_, { resource, world }) => hasEndpoint(world, resource, "vault")),
  },
  {
    ids: ["Azure.KeyVault.Logs"],
    type: vault,
    property: "",
    verdict: "must",
    check: fits("AuditEvent in the workspace", (_, { resource, world }) =>
      ofType(world, "monitor:DiagnosticSetting").some(
        (setting) =>
          ledTo(world, valueAt(setting, "resourceUri"), vault).includes(resource) &&
          valuesAt(setting.inputs, "logs[*]").some(
            ([, log]) =>
              valuesAt(log, "category")[0]?.[1] === "AuditEvent" && valuesAt(log, "enabled")[0]?.[1] === true,
          ),
      ),
    ),
  },
  {
    ids: ["Azure.KeyVault.Name"],
    type: vault,
    property: "vaultName",
    verdict: "must",
    check: matches(/^[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]$/),
  },
  {
    ids: ["CKV_AZURE_41", "CKV_AZURE_114", "AVD-AZU-0017", "AVD-AZU-0015", "Azure.KeyVault.SecretName"],
    type: "keyvault:Secret",
    property: "properties.attributes.expires",
    verdict: "n/a",
    because: "the app's rotator makes the secrets, and its tests show what they carry; the program puts none in",
  },
  {
    ids: [
      "CKV_AZURE_40",
      "CKV_AZURE_112",
      "AVD-AZU-0014",
      "Azure.KeyVault.AutoRotationPolicy",
      "Azure.KeyVault.KeyName",
    ],
    type: "keyvault:Key",
    property: "properties.attributes.exp",
    verdict: "n/a",
    because: "the app's keys are secrets; there are no keys of the vault's own",
  },
  {
    ids: ["headrace.vault.no-policy"],
    type: "keyvault:AccessPolicy",
    property: "",
    verdict: "n/a",
    because: "roles decide",
  },
  ...["enabledForDeployment", "enabledForDiskEncryption", "enabledForTemplateDeployment"].map(
    (name): Rule => ({
      ids: [`headrace.vault.${name}`],
      type: vault,
      property: `properties.${name}`,
      verdict: "must",
      check: equals(false),
    }),
  ),
  {
    ids: ["headrace.vault.tenant"],
    type: vault,
    property: "properties.tenantId",
    verdict: "must",
    check: is("a tenant's id", (value) => /^[0-9a-f-]{36}$/i.test(String(value))),
  },
];
