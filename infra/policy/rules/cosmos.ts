import { isDeepStrictEqual } from "node:util";
import { toContainerResource } from "../../../shared/store/container-resource.ts";
import { type ContainerDefinition, containers } from "../../../shared/store/containers.ts";
import { cosmosDataContributor } from "../../identity/roles.ts";
import { absent, emptyList, equals, fits, is, matches, notTrue } from "../conditions.ts";
import { leadsInto, ofType, shares, textAt, valuesAt } from "../resource.ts";
import type { Rule } from "../rule.ts";
import { hasEndpoint } from "./private-access.ts";

const account = "cosmosdb:DatabaseAccount";
const container = "cosmosdb:SqlResourceSqlContainer";
const role = "cosmosdb:SqlResourceSqlRoleAssignment";

const definitions = Object.values<ContainerDefinition>(containers);

/** Of Cosmos DB. */
export const cosmos: readonly Rule[] = [
  {
    ids: ["Azure.Cosmos.NoSQLLocalAuth", "CKV_AZURE_140"],
    type: account,
    property: "disableLocalAuth",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.Cosmos.DisableMetadataWrite", "CKV_AZURE_132"],
    type: account,
    property: "disableKeyBasedMetadataWriteAccess",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.Cosmos.PublicAccess", "CKV_AZURE_101"],
    type: account,
    property: "publicNetworkAccess",
    verdict: "must",
    check: equals("Disabled"),
  },
  { ids: ["CKV_AZURE_99"], type: account, property: "ipRules", verdict: "must", check: emptyList },
  {
    ids: ["headrace.cosmos.no-networks"],
    type: account,
    property: "virtualNetworkRules",
    verdict: "must",
    check: emptyList,
  },
  { ids: ["headrace.cosmos.no-origins"], type: account, property: "cors", verdict: "must", check: emptyList },
  {
    ids: ["Azure.Cosmos.MinTLS"],
    type: account,
    property: "minimalTlsVersion",
    verdict: "must",
    check: equals("Tls12"),
  },
  {
    ids: ["Azure.Cosmos.AvailabilityZone"],
    type: account,
    property: "locations[*].isZoneRedundant",
    verdict: "prod",
    check: equals(true),
  },
  {
    ids: ["headrace.cosmos.one-region"],
    type: account,
    property: "locations",
    verdict: "must",
    check: is("the account's own region, first", (value, resource) => {
      const places = valuesAt(value, "[*].locationName").map(([, place]) => place);
      return places.length === 1 && places[0] === resource.inputs.location;
    }),
  },
  {
    ids: ["Azure.Cosmos.ContinuousBackup"],
    type: account,
    property: "backupPolicy.type",
    verdict: "must",
    check: equals("Continuous"),
  },
  {
    ids: ["headrace.cosmos.backup-kept"],
    type: account,
    property: "backupPolicy.continuousModeProperties.tier",
    verdict: "prod",
    check: equals("Continuous30Days"),
  },
  { ids: ["Azure.Cosmos.SLA"], type: account, property: "enableFreeTier", verdict: "prod", check: equals(false) },
  {
    ids: ["CKV_AZURE_100"],
    type: account,
    property: "keyVaultKeyUri",
    verdict: "no",
    check: matches(/^https:/),
    because: "a key of our own is one more thing whose loss loses all data; the platform's key encrypts",
  },
  {
    ids: ["Azure.Cosmos.DefenderCloud"],
    type: "security:AdvancedThreatProtection",
    property: "",
    verdict: "option",
    because: "the owner of the subscription turns Defender on; docs/cost.md has its price",
  },
  {
    ids: ["Azure.Cosmos.AccountName"],
    type: account,
    property: "accountName",
    verdict: "must",
    check: matches(/^[a-z0-9][a-z0-9-]{1,42}[a-z0-9]$/),
  },
  {
    ids: ["Azure.Cosmos.DatabaseNaming"],
    type: "cosmosdb:SqlResourceSqlDatabase",
    property: "databaseName",
    verdict: "must",
    check: matches(/^[^/\\#?]{1,254}[^/\\#? ]$/),
  },
  {
    ids: ["Azure.Cosmos.NoSQLNaming"],
    type: account,
    property: "accountName",
    verdict: "must",
    check: matches(/^cosmos-/, "a name that begins with its kind"),
  },
  {
    ids: ["headrace.cosmos.nobody-passes"],
    type: account,
    property: "networkAclBypass",
    verdict: "must",
    check: equals("None"),
  },
  {
    ids: ["headrace.cosmos.not-serverless"],
    type: account,
    property: "capabilities",
    verdict: "must",
    check: is(
      "none that makes it serverless",
      (value) => Array.isArray(value) && !JSON.stringify(value).includes("Serverless"),
    ),
  },
  {
    ids: ["headrace.cosmos.one-writer"],
    type: account,
    property: "enableMultipleWriteLocations",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["headrace.cosmos.fails-over-to-another"],
    type: account,
    property: "enableAutomaticFailover",
    verdict: "must",
    check: is("on only with two regions", (value, { inputs }) => value === valuesAt(inputs, "locations[*]").length > 1),
  },
  {
    ids: ["headrace.cosmos.strong-enough"],
    type: account,
    property: "consistencyPolicy.defaultConsistencyLevel",
    verdict: "must",
    check: is("Session or stronger", (level) => ["Session", "BoundedStaleness", "Strong"].includes(String(level))),
  },
  {
    ids: ["headrace.cosmos.not-restored"],
    type: account,
    property: "restoreParameters",
    verdict: "must",
    check: absent,
  },
  {
    ids: ["headrace.cosmos.not-analytical"],
    type: account,
    property: "enableAnalyticalStorage",
    verdict: "must",
    check: notTrue,
  },
  {
    ids: ["headrace.cosmos.private-endpoint"],
    type: account,
    property: "",
    verdict: "must",
    check: fits("a private endpoint", (_, { resource, world }) => hasEndpoint(world, resource, "Sql")),
  },
  {
    ids: ["headrace.cosmos.all-that-code-uses"],
    type: "cosmosdb:SqlResourceSqlDatabase",
    property: "",
    verdict: "must",
    check: fits("every container of the product", (_, { resource, world }) => {
      const own = ofType(world, container).filter((one) => shares(one, resource, "accountName", "databaseName"));
      return definitions.every(({ id }) => own.some((one) => one.inputs.containerName === id));
    }),
  },
  {
    ids: ["headrace.cosmos.as-the-code-has-it"],
    type: container,
    property: "resource",
    verdict: "must",
    check: is("the product's own definition", (value, { inputs }) => {
      const definition = definitions.find(({ id }) => id === inputs.containerName);
      return definition !== undefined && isDeepStrictEqual(value, toContainerResource(definition));
    }),
  },
  {
    ids: ["headrace.cosmos.role-narrow"],
    type: role,
    property: "scope",
    verdict: "must",
    check: fits("a database of this stack, or a container", (scope, { world }) =>
      ofType(world, "cosmosdb:SqlResourceSqlDatabase").some((database) => {
        const name = textAt(database, "databaseName");
        const accounts = ofType(world, account).filter((one) => shares(one, database, "accountName"));
        return (
          accounts.some((one) => leadsInto(scope, one)) &&
          new RegExp(`/dbs/${name}(/colls/[^/]+)?$`).test(String(scope))
        );
      }),
    ),
  },
  {
    ids: ["headrace.cosmos.role-built-in"],
    type: role,
    property: "roleDefinitionId",
    verdict: "must",
    check: fits(
      "Azure's own role that reads and writes data, of this account",
      (id, { world }) =>
        ofType(world, account).some((one) => leadsInto(id, one)) &&
        String(id).endsWith(`/sqlRoleDefinitions/${cosmosDataContributor}`),
    ),
  },
  {
    ids: ["headrace.cosmos.no-own-role"],
    type: "cosmosdb:SqlResourceSqlRoleDefinition",
    property: "",
    verdict: "n/a",
    because: "the app reads and writes all containers, for which Azure has a role",
  },
];
