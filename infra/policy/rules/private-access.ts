import { zones } from "../../network/private-dns.ts";
import { UNKNOWN } from "../../plan/engine/values.ts";
import { equals, fits, matches } from "../conditions.ts";
import {
  isIdOf,
  leadsInto,
  ledTo,
  ofType,
  type Resource,
  shares,
  textAt,
  valueAt,
  valuesAt,
  type World,
} from "../resource.ts";
import type { Rule } from "../rule.ts";

const endpoint = "network:PrivateEndpoint";
const group = "network:PrivateDnsZoneGroup";

/** Whether a resource has a private endpoint for one of its services. */
export function hasEndpoint(world: World, resource: Resource, service: string): boolean {
  return ofType(world, endpoint).some((one) =>
    valuesAt(one.inputs, "privateLinkServiceConnections[*]").some(([, connection]) => {
      const [id, groups] = ["privateLinkServiceId", "groupIds"].map((path) => valuesAt(connection, path)[0]?.[1]);
      return isIdOf(id, resource) && Array.isArray(groups) && groups.includes(service);
    }),
  );
}

function networksOf(world: World, id: unknown): Resource[] {
  return ofType(world, "network:VirtualNetwork").filter((network) => leadsInto(id, network));
}

/** Of private endpoints and the names by which the network finds them. */
export const privateAccess: readonly Rule[] = [
  {
    ids: ["headrace.endpoint.in-its-subnet"],
    type: endpoint,
    property: "subnet.id",
    verdict: "must",
    check: fits("a subnet of this stack that is not the app's", (id, { world }) =>
      networksOf(world, id).some((network) =>
        valuesAt(network.inputs, "subnets[*]").some(
          ([, subnet]) =>
            valuesAt(subnet, "delegations")[0]?.[1] === undefined &&
            (id === UNKNOWN || String(id).endsWith(`/subnets/${String(valuesAt(subnet, "name")[0]?.[1])}`)),
        ),
      ),
    ),
  },
  {
    ids: ["headrace.endpoint.rules-count"],
    type: endpoint,
    property: "subnet.privateEndpointNetworkPolicies",
    verdict: "must",
    check: equals("NetworkSecurityGroupEnabled"),
  },
  {
    ids: ["headrace.endpoint.in-the-zone"],
    type: endpoint,
    property: "privateLinkServiceConnections",
    verdict: "must",
    check: fits("one connection, and its name in the zone of its kind", (value, { resource, world }) => {
      const kinds = valuesAt(value, "[*].groupIds[*]").map(([, kind]) => String(kind));
      const [kind = ""] = kinds;
      const zone = Object.entries(zones).find(([name]) => name === kind)?.[1];
      const groups = ofType(world, group).filter((one) => shares(one, resource, "privateEndpointName"));
      return (
        kinds.length === 1 &&
        zone !== undefined &&
        groups.length === 1 &&
        groups.every((one) => {
          const ids = valuesAt(one.inputs, "privateDnsZoneConfigs[*].privateDnsZoneId");
          return (
            ids.length === 1 &&
            ids.every(([, id]) =>
              ledTo(world, id, "privatedns:PrivateZone").some((found) => textAt(found, "privateZoneName") === zone),
            )
          );
        })
      );
    }),
  },
  {
    ids: ["headrace.endpoint.to-ours"],
    type: endpoint,
    property: "privateLinkServiceConnections[*].privateLinkServiceId",
    verdict: "must",
    check: fits("a resource of this stack", (id, { world }) =>
      ["eventhub:Namespace", "cosmosdb:DatabaseAccount", "keyvault:Vault", "storage:StorageAccount", "web:WebApp"].some(
        (type) => ledTo(world, id, type).length > 0,
      ),
    ),
  },
  {
    ids: ["headrace.endpoint.zone-linked"],
    type: "privatedns:PrivateZone",
    property: "privateZoneName",
    verdict: "must",
    check: fits("a link to the network of every endpoint in it", (_, { resource, world }) => {
      const linked = ofType(world, "privatedns:VirtualNetworkLink")
        .filter((one) => shares(one, resource, "privateZoneName"))
        .flatMap((one) => networksOf(world, valueAt(one, "virtualNetwork.id")));
      return linked.length > 0;
    }),
  },
  {
    ids: ["headrace.endpoint.no-registration"],
    type: "privatedns:VirtualNetworkLink",
    property: "registrationEnabled",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["Azure.PrivateEndpoint.Name"],
    type: endpoint,
    property: "privateEndpointName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?$/),
  },
];
