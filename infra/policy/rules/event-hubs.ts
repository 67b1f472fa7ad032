import { roleIds } from "../../identity/roles.ts";
import { between, emptyList, equals, fits, is, matches, oneOf } from "../conditions.ts";
import { ledTo, ofType, shares, textAt, valueAt } from "../resource.ts";
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
