import { blobContainers, checkpointContainer, queues } from "../../../shared/store/resources.ts";
import { absent, emptyList, equals, fits, is, matches, notTrue, oneOf } from "../conditions.ts";
import { isIn, ofType, type Resource, shares, textAt, valuesAt, type World } from "../resource.ts";
import type { Rule } from "../rule.ts";
import { hasEndpoint } from "./private-access.ts";

const account = "storage:StorageAccount";
const blobs = "storage:BlobServiceProperties";
const packages = "headrace:data:Packages";
const uploads = {
  within: packages,
  because: "someone has to upload bundles: from the addresses that the configuration names, and into no other account",
};

/** Of storage accounts: closed to keys, strangers and the internet. */
export const storage: readonly Rule[] = [
  {
    ids: ["Azure.Storage.SecureTransfer", "CKV_AZURE_3", "AVD-AZU-0008"],
    type: account,
    property: "enableHttpsTrafficOnly",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.Storage.MinTLS", "CKV_AZURE_44", "AVD-AZU-0011", "AVD-AZU-0059"],
    type: account,
    property: "minimumTlsVersion",
    verdict: "must",
    check: oneOf("TLS1_2", "TLS1_3"),
  },
  {
    ids: ["Azure.Storage.BlobPublicAccess", "CKV_AZURE_190", "CKV2_AZURE_47"],
    type: account,
    property: "allowBlobPublicAccess",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["Azure.Storage.BlobAccessType", "CKV_AZURE_34", "AVD-AZU-0007"],
    type: "storage:BlobContainer",
    property: "publicAccess",
    verdict: "must",
    check: equals("None"),
  },
  {
    ids: ["Azure.Storage.LocalAuth", "CKV2_AZURE_40"],
    type: account,
    property: "allowSharedKeyAccess",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["headrace.storage.entra-by-default"],
    type: account,
    property: "defaultToOAuthAuthentication",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["CKV_AZURE_244"],
    type: account,
    property: "isLocalUserEnabled",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["headrace.storage.no-sftp"],
    type: account,
    property: "isSftpEnabled",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["CKV_AZURE_59"],
    type: account,
    property: "publicNetworkAccess",
    verdict: "must",
    check: equals("Disabled"),
    except: uploads,
  },
  {
    ids: ["Azure.Storage.Firewall", "CKV_AZURE_35", "AVD-AZU-0012"],
    type: account,
    property: "networkRuleSet.defaultAction",
    verdict: "must",
    check: equals("Deny"),
  },
  {
    ids: ["CKV_AZURE_36", "AVD-AZU-0010"],
    type: account,
    property: "networkRuleSet.bypass",
    verdict: "no",
    check: equals("AzureServices"),
    because:
      "nothing of Azure that is trusted by name alone has anything to do there; the account of captures is the exception",
  },
  {
    ids: ["headrace.storage.nobody-passes"],
    type: account,
    property: "networkRuleSet.bypass",
    verdict: "must",
    check: is(
      "None; AzureServices where Event Hubs writes captured envelopes, as a trusted service",
      (value, resource) => value === (isIn(resource, "headrace:data:Captures") ? "AzureServices" : "None"),
    ),
  },
  {
    ids: ["headrace.storage.no-addresses"],
    type: account,
    property: "networkRuleSet.ipRules",
    verdict: "must",
    check: emptyList,
    except: uploads,
  },
  {
    ids: ["headrace.storage.uploads-let-in"],
    type: account,
    property: "networkRuleSet.ipRules[*].action",
    verdict: "must",
    check: equals("Allow"),
  },
  {
    ids: ["headrace.storage.no-networks"],
    type: account,
    property: "networkRuleSet.virtualNetworkRules",
    verdict: "must",
    check: emptyList,
  },
  {
    ids: ["headrace.storage.own-encryption"],
    type: account,
    property: "encryption.keySource",
    verdict: "must",
    check: oneOf("Microsoft.Storage", "Microsoft.Keyvault"),
  },
  {
    ids: ["headrace.storage.properties-count"],
    type: blobs,
    property: "blobServicesName",
    verdict: "must",
    check: equals("default"),
  },
  {
    ids: ["headrace.storage.all-that-code-uses"],
    type: account,
    property: "",
    verdict: "must",
    check: fits(
      "every queue and every container of the product, in the app's account",
      (_, { resource, world }) =>
        isIn(resource, packages) ||
        isIn(resource, "headrace:data:Captures") ||
        (hasAll(world, resource, "storage:Queue", "queueName", Object.values(queues)) &&
          hasAll(world, resource, "storage:BlobContainer", "containerName", [
            ...Object.values(blobContainers),
            checkpointContainer,
          ])),
    ),
  },
  {
    ids: ["headrace.storage.uploads-by-address"],
    type: account,
    property: "networkRuleSet.ipRules[*].iPAddressOrRange",
    verdict: "must",
    check: matches(/^\d{1,3}(\.\d{1,3}){3}(\/(2[4-9]|3[0-2]))?$/, "one address, or 256 at most"),
  },
  {
    ids: ["CKV2_AZURE_33"],
    type: account,
    property: "",
    verdict: "must",
    check: fits("a private endpoint for each service in use", (_, { resource, world }) => {
      const uses = (type: string) => ofType(world, type).some((part) => shares(part, resource, "accountName"));
      const isHost = uses("storage:Queue");
      return [uses("storage:BlobContainer") && "blob", isHost && "queue", isHost && "table"].every(
        (service) => service === false || hasEndpoint(world, resource, service),
      );
    }),
  },
  {
    ids: ["Azure.Storage.SoftDelete", "CKV2_AZURE_38", "AVD-AZU-0056"],
    type: blobs,
    property: "deleteRetentionPolicy",
    verdict: "must",
    check: is(
      "on, for 7 days or more, and nothing deleted for good",
      (value) => keeps(value) && valuesAt(value, "allowPermanentDelete")[0]?.[1] === false,
    ),
  },
  {
    ids: ["Azure.Storage.ContainerSoftDelete"],
    type: blobs,
    property: "containerDeleteRetentionPolicy",
    verdict: "must",
    check: is("on, for 7 days or more", keeps),
  },
  {
    ids: ["headrace.storage.soft-delete-everywhere"],
    type: account,
    property: "",
    verdict: "must",
    check: fits("properties of its blobs", (_, { resource, world }) =>
      ofType(world, blobs).some((one) => shares(one, resource, "accountName")),
    ),
  },
  {
    ids: ["Azure.Storage.FileShareSoftDelete"],
    type: "storage:FileServiceProperties",
    property: "shareDeleteRetentionPolicy",
    verdict: "n/a",
    because: "there are no file shares",
  },
  {
    ids: ["Azure.Storage.UseReplication", "CKV_AZURE_206", "AVD-AZU-0058"],
    type: account,
    property: "sku.name",
    verdict: "prod",
    check: oneOf("Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS"),
  },
  {
    ids: ["CKV_AZURE_33", "CKV2_AZURE_21", "AVD-AZU-0009", "AVD-AZU-0057"],
    type: account,
    property: "",
    verdict: "no",
    check: fits("logs of reads, writes and deletes of queues and blobs", (_, { world }) => {
      const categories = ofType(world, "monitor:DiagnosticSetting")
        .filter((setting) => /\/(queue|blob)Services\//i.test(textAt(setting, "resourceUri")))
        .flatMap((setting) => valuesAt(setting.inputs, "logs[*].category").map(([, category]) => category));
      return ["StorageRead", "StorageWrite", "StorageDelete"].every((category) => categories.includes(category));
    }),
    because: "each look into a queue and each lock of the host would be a row; deletions of blobs are logged",
  },
  {
    ids: ["CKV2_AZURE_1", "AVD-AZU-0060"],
    type: account,
    property: "encryption.keySource",
    verdict: "no",
    check: equals("Microsoft.Keyvault"),
    because: "a key of our own is one more thing whose loss loses all data, and the vault is closed to the platform",
  },
  {
    ids: ["AVD-AZU-0061"],
    type: account,
    property: "encryption.requireInfrastructureEncryption",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["CKV2_AZURE_41"],
    type: account,
    property: "sasPolicy",
    verdict: "must",
    check: is("an hour at most where addresses are signed, and none where keys sign nothing", (value, { urn }) =>
      urn.includes(`${packages}$`)
        ? valuesAt(value, "expirationAction")[0]?.[1] === "Block" &&
          valuesAt(value, "sasExpirationPeriod")[0]?.[1] === "00.01:00:00"
        : value === undefined,
    ),
  },
  {
    ids: ["Azure.Storage.DefenderCloud", "Azure.Storage.Defender.MalwareScan"],
    type: "security:DefenderForStorage",
    property: "",
    verdict: "option",
    because: "the owner of the subscription turns Defender on, for all accounts or none; docs/cost.md has its price",
  },
  {
    ids: ["CKV_AZURE_43", "Azure.Storage.Name"],
    type: account,
    property: "accountName",
    verdict: "must",
    check: matches(/^[a-z0-9]{3,24}$/),
  },
  {
    ids: ["headrace.storage.not-to-others"],
    type: account,
    property: "allowCrossTenantReplication",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["headrace.storage.copies-stay"],
    type: account,
    property: "allowedCopyScope",
    verdict: "must",
    check: oneOf("AAD", "PrivateLink"),
  },
  {
    ids: ["headrace.storage.claims-stay"],
    type: "storage:ManagementPolicy",
    property: "policy.rules[*].definition.filters.prefixMatch",
    verdict: "must",
    check: is(
      "prefixes, and claims not among them",
      (value) =>
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((prefix) => /^(?!claims)[a-z0-9-]+\/$/.test(String(prefix))),
    ),
  },
  {
    ids: ["headrace.storage.not-a-website"],
    type: "storage:StorageAccountStaticWebsite",
    property: "",
    verdict: "n/a",
    because: "the app serves its pages",
  },
  { ids: ["headrace.storage.no-domain"], type: account, property: "customDomain", verdict: "must", check: absent },
  { ids: ["headrace.storage.no-nfs"], type: account, property: "enableNfsV3", verdict: "must", check: notTrue },
];

function keeps(value: unknown): boolean {
  const [enabled, days] = ["enabled", "days"].map((path) => valuesAt(value, path)[0]?.[1]);
  return enabled === true && typeof days === "number" && days >= 7;
}

function hasAll(world: World, account: Resource, type: string, name: string, wanted: readonly string[]): boolean {
  const own = ofType(world, type).filter((part) => shares(part, account, "accountName"));
  return wanted.every((one) => own.some((part) => part.inputs[name] === one));
}
