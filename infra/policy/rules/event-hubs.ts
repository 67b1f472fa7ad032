import { eventHub } from "../../../shared/store/resources.ts";
import { roleIds } from "../../identity/roles.ts";
import { between, emptyList, equals, fits, is, matches, oneOf, type Place } from "../conditions.ts";
import { isIn, ledTo, ofType, shares, textAt, valueAt, valuesAt } from "../resource.ts";
import type { Rule } from "../rule.ts";
import { hasEndpoint } from "./private-access.ts";

const namespace = "eventhub:Namespace";
const rules = "eventhub:NamespaceNetworkRuleSet";
const hub = "eventhub:EventHub";
const keys = (type: string): Rule => ({
  ids: [`headrace.event-hubs.no-keys:${type}`],
  type,
  property: "",
  verdict: "n/a",
  because: "it would make a key, and the namespace takes none",
});

/** Of Event Hubs. */
export const eventHubs: readonly Rule[] = [
  {
    ids: ["Azure.EventHub.DisableLocalAuth"],
    type: namespace,
    property: "disableLocalAuth",
    verdict: "must",
    check: equals(true),
  },
  {
    ids: ["Azure.EventHub.MinTLS", "CKV_AZURE_223"],
    type: namespace,
    property: "minimumTlsVersion",
    verdict: "must",
    check: oneOf("1.2", "1.3"),
  },
  {
    ids: ["Azure.EventHub.Firewall"],
    type: namespace,
    property: "publicNetworkAccess",
    verdict: "must",
    check: equals("Disabled"),
  },
  {
    ids: ["headrace.event-hubs.closed"],
    type: namespace,
    property: "",
    verdict: "must",
    check: fits("rules that deny", (_, { resource, world }) =>
      ofType(world, rules).some((one) => shares(one, resource, "namespaceName")),
    ),
  },
  {
    ids: ["headrace.event-hubs.rules-deny"],
    type: rules,
    property: "defaultAction",
    verdict: "must",
    check: equals("Deny"),
  },
  {
    ids: ["headrace.event-hubs.rules-private"],
    type: rules,
    property: "publicNetworkAccess",
    verdict: "must",
    check: equals("Disabled"),
  },
  {
    ids: ["headrace.event-hubs.nobody-passes"],
    type: rules,
    property: "trustedServiceAccessEnabled",
    verdict: "must",
    check: equals(false),
  },
  { ids: ["headrace.event-hubs.no-addresses"], type: rules, property: "ipRules", verdict: "must", check: emptyList },
  {
    ids: ["headrace.event-hubs.no-networks"],
    type: rules,
    property: "virtualNetworkRules",
    verdict: "must",
    check: emptyList,
  },
  {
    ids: ["headrace.event-hubs.private-endpoint"],
    type: namespace,
    property: "",
    verdict: "must",
    check: fits("a private endpoint", (_, { resource, world }) => hasEndpoint(world, resource, "namespace")),
  },
  {
    ids: ["Azure.EventHub.AvailabilityZone", "CKV_AZURE_228"],
    type: namespace,
    property: "zoneRedundant",
    verdict: "prod",
    check: equals(true),
  },
  {
    ids: ["Azure.EventHub.Usage"],
    type: hub,
    property: "",
    verdict: "must",
    check: fits("someone who may read it", (_, { resource, world }) =>
      ofType(world, "authorization:RoleAssignment").some(
        (role) =>
          textAt(role, "roleDefinitionId").endsWith(roleIds.eventHubsDataReceiver) &&
          ledTo(world, valueAt(role, "scope"), hub).includes(resource),
      ),
    ),
  },
  {
    ids: ["headrace.event-hubs.all-that-code-uses"],
    type: hub,
    property: "",
    verdict: "must",
    check: fits("the product's hub, with a consumer group for each reader", (_, { resource, world }) => {
      const groups = ofType(world, "eventhub:ConsumerGroup").filter((one) => shares(one, resource, "eventHubName"));
      const names = ["$Default", ...groups.map((one) => one.inputs.consumerGroupName)];
      return (
        resource.inputs.eventHubName === eventHub.name &&
        Object.values(eventHub.consumerGroups).every((group) => names.includes(group))
      );
    }),
  },
  {
    ids: ["headrace.event-hubs.captured-here"],
    type: hub,
    property: "captureDescription",
    verdict: "must",
    check: fits("nothing, or copies into a container of this stack, written by the namespace's identity", isKeptHere),
  },
  {
    ids: ["headrace.event-hubs.own-identity"],
    type: namespace,
    property: "identity",
    verdict: "must",
    check: fits("none, or one of this stack", (value, { world }) => {
      const [kind, ids] = ["type", "userAssignedIdentities"].map((path) => valuesAt(value, path)[0]?.[1]);
      if (value === undefined) return true;
      const own = valuesAt(ids, "[*]").filter(
        ([, id]) => ledTo(world, id, "managedidentity:UserAssignedIdentity").length > 0,
      );
      return kind === "UserAssigned" && own.length === 1;
    }),
  },
  {
    ids: ["headrace.event-hubs.kept-a-week"],
    type: hub,
    property: "retentionDescription.retentionTimeInHours",
    verdict: "must",
    check: between(168),
  },
  {
    ids: ["headrace.event-hubs.not-compacted"],
    type: hub,
    property: "retentionDescription.cleanupPolicy",
    verdict: "must",
    check: equals("Delete"),
  },
  {
    ids: ["headrace.event-hubs.partitions"],
    type: hub,
    property: "partitionCount",
    verdict: "must",
    check: fits("1 to 32 in Standard", (count, { resource, world }) => {
      const premium = ofType(world, namespace).some(
        (one) => shares(one, resource, "namespaceName") && valueAt(one, "sku.tier") === "Premium",
      );
      return between(1, premium ? 100 : 32).holds(count, { resource, world, path: "" });
    }),
  },
  ...["eventhub:NamespaceAuthorizationRule", "eventhub:EventHubAuthorizationRule"].map(keys),
  {
    ids: ["headrace.event-hubs.one-sku"],
    type: namespace,
    property: "sku",
    verdict: "must",
    check: is("Standard or Premium, said twice alike", (value) => {
      const { name, tier } = (value ?? {}) as Record<string, unknown>;
      return name === tier && (name === "Standard" || name === "Premium");
    }),
  },
  {
    ids: ["headrace.event-hubs.name"],
    type: namespace,
    property: "namespaceName",
    verdict: "must",
    check: matches(/^[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]$/),
  },
];

function isKeptHere(value: unknown, { resource, world }: Place): boolean {
  const captures = ofType(world, "storage:StorageAccount").filter((one) => isIn(one, "headrace:data:Captures"));
  if (value === undefined) return captures.length === 0;
  const [account, container, kind, who] = [
    "destination.storageAccountResourceId",
    "destination.blobContainer",
    "destination.identity.type",
    "destination.identity.userAssignedIdentity",
  ].map((path) => valuesAt(value, path)[0]?.[1]);
  const namespaces = ofType(world, namespace).filter((one) => shares(one, resource, "namespaceName"));
  const ids = namespaces.flatMap((one) =>
    valuesAt(one.inputs, "identity.userAssignedIdentities[*]").map(([, id]) => id),
  );
  const places = ledTo(world, account, "storage:StorageAccount").filter((one) => captures.includes(one));
  const isThere = ofType(world, "storage:BlobContainer").some(
    (one) => one.inputs.containerName === container && places.some((place) => shares(one, place, "accountName")),
  );
  return isThere && kind === "UserAssigned" && ids.includes(who) && valuesAt(value, "enabled")[0]?.[1] === true;
}
