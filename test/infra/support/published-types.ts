import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const literal = (value: string) => ({ $type: "StringLiteralType", value });
const ref = (index: number) => ({ $ref: `#/${index}` });
const member = (index: number, flags = 0) => ({ type: ref(index), flags });
const [REQUIRED, READ_ONLY, KNOWN] = [1, 2, 8] as const;

/**
 * A storage account of our own making: one property for each kind of rule, in the form that Azure publishes its types
 * in.
 */
const storageAccount = [
  { $type: "ResourceType", name: "Microsoft.Storage/storageAccounts@2024-01-01", body: ref(1) },
  {
    $type: "ObjectType",
    name: "Microsoft.Storage/storageAccounts",
    properties: {
      id: member(2, READ_ONLY | KNOWN),
      name: member(3, REQUIRED | KNOWN),
      location: member(2, REQUIRED),
      tags: member(4),
      sku: member(5, REQUIRED),
      identity: member(17),
      properties: member(8),
    },
  },
  { $type: "StringType" },
  { $type: "StringType", minLength: 3, maxLength: 24, pattern: "^[a-z0-9]+$" },
  { $type: "ObjectType", name: "Tags", properties: {}, additionalProperties: ref(2) },
  { $type: "ObjectType", name: "Sku", properties: { name: member(6, REQUIRED), tier: member(2, READ_ONLY) } },
  { $type: "UnionType", elements: [ref(7), ref(2)] },
  literal("Standard_ZRS"),
  {
    $type: "ObjectType",
    name: "Properties",
    properties: {
      supportsHttpsTrafficOnly: member(9),
      days: member(10),
      rules: member(11),
      policy: member(13),
      password: member(16),
      anything: member(19),
      policySettings: member(22),
    },
  },
  { $type: "BooleanType" },
  { $type: "IntegerType", minValue: 1, maxValue: 365 },
  { $type: "ArrayType", itemType: ref(12), maxLength: 2 },
  { $type: "ObjectType", name: "Rule", properties: { properties: member(18) } },
  {
    $type: "DiscriminatedObjectType",
    name: "Policy",
    discriminator: "type",
    baseProperties: {},
    elements: { Continuous: ref(14) },
  },
  { $type: "ObjectType", name: "ContinuousPolicy", properties: { type: member(15, REQUIRED), days: member(10) } },
  literal("Continuous"),
  { $type: "StringType", sensitive: true },
  { $type: "ObjectType", name: "Identity", properties: { userAssignedIdentities: member(20) } },
  {
    $type: "ObjectType",
    name: "RuleProperties",
    properties: { port: member(10, REQUIRED), etag: member(2, READ_ONLY) },
  },
  { $type: "AnyType" },
  { $type: "ObjectType", name: "UserAssignedIdentities", properties: {}, additionalProperties: ref(21) },
  { $type: "ObjectType", name: "UserAssignedIdentity", properties: { clientId: member(2, READ_ONLY) } },
  { $type: "ObjectType", name: "PolicySettings", properties: { logScrubbing: member(23) } },
  { $type: "ObjectType", name: "LogScrubbing", properties: { state: member(2, REQUIRED), rules: member(10) } },
];

/** A folder with that one type. */
export async function writePublishedTypes(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "azure-types-"));
  await writeFile(join(folder, "Microsoft.Storage_storageAccounts@2024-01-01.json"), JSON.stringify(storageAccount));
  return folder;
}
