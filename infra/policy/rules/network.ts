import { absent, equals, fits, is, matches, oneOf, someOfThem } from "../conditions.ts";
import { isIdOf, ledTo, ofType, valuesAt } from "../resource.ts";
import type { Rule } from "../rule.ts";
import { isDenial, isFromAnywhere, isFromProbes, isToAnywhere, isWhole, portsOf, toFlow } from "./flow.ts";

const group = "network:NetworkSecurityGroup";
const network = "network:VirtualNetwork";
const address = "network:PublicIPAddress";
const flows = "securityRules[*]";
const member = (value: unknown, path: string) => valuesAt(value, path)[0]?.[1];
const isAppSubnet = (subnet: unknown) => member(subnet, "delegations") !== undefined;
/** What the data services listen on: HTTPS, and AMQP over TLS. */
const SERVICES = ["443", "5671"];

/** Of the network, its rules and its way out. */
export const networks: readonly Rule[] = [
  {
    ids: ["Azure.VNET.UseNSGs", "CKV2_AZURE_31"],
    type: network,
    property: "subnets[*].networkSecurityGroup.id",
    verdict: "must",
    check: fits("a group of rules of this stack", (id, { world }) => ledTo(world, id, group).length > 0),
  },
  {
    ids: ["headrace.network.rules-of-its-own"],
    type: network,
    property: "subnets",
    verdict: "must",
    check: is("a group of rules for each", (value) => {
      const ids = valuesAt(value, "[*].networkSecurityGroup.id").map(([, id]) => id);
      return ids.length > 0 && new Set(ids).size === ids.length;
    }),
  },
  {
    ids: ["Azure.VNET.PrivateSubnet"],
    type: network,
    property: "subnets[*].defaultOutboundAccess",
    verdict: "must",
    check: equals(false),
  },
  {
    ids: ["Azure.VNET.LocalDNS", "Azure.VNET.SingleDNS", "CKV_AZURE_182", "CKV_AZURE_183"],
    type: network,
    property: "dhcpOptions",
    verdict: "n/a",
    check: absent,
    because: "names come from Azure's own DNS, in which the private zones are",
  },
  {
    ids: ["Azure.VNET.FirewallSubnet", "Azure.VNET.FirewallSubnetNAT"],
    type: "network:AzureFirewall",
    property: "",
    verdict: "n/a",
    because: "the way out is a NAT gateway: docs/adr has the price of a firewall, and what it would see",
  },
  {
    ids: ["Azure.VNET.BastionSubnet"],
    type: "network:BastionHost",
    property: "",
    verdict: "n/a",
    because: "there are no machines",
  },
  {
    ids: ["Azure.VNET.PeerState"],
    type: "network:VirtualNetworkPeering",
    property: "",
    verdict: "n/a",
    because: "the network has no peers",
  },
  {
    ids: ["Azure.VNET.Name"],
    type: network,
    property: "virtualNetworkName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]$/),
  },
  {
    ids: ["Azure.VNET.SubnetName"],
    type: network,
    property: "subnets[*].name",
    verdict: "must",
    check: matches(/^[a-z][a-z0-9-]{0,78}[a-z0-9]$/, "a name without _, which Flex refuses"),
  },
  {
    ids: ["Azure.NSG.Name"],
    type: group,
    property: "networkSecurityGroupName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]$/),
  },
  {
    ids: ["Azure.PublicIP.Name"],
    type: address,
    property: "publicIpAddressName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,78}[A-Za-z0-9_]$/),
  },
  {
    ids: ["Azure.NSG.AnyInboundSource", "AVD-AZU-0047"],
    type: group,
    property: flows,
    verdict: "must",
    check: is("nothing let in from anywhere", (value) => {
      const flow = toFlow(value);
      return flow.access === "Deny" || flow.direction !== "Inbound" || !isFromAnywhere(flow);
    }),
  },
  {
    ids: ["AVD-AZU-0051"],
    type: group,
    property: flows,
    verdict: "no",
    check: is("nothing let out to anywhere", (value) => {
      const flow = toFlow(value);
      return flow.access === "Deny" || flow.direction !== "Outbound" || !isToAnywhere(flow);
    }),
    because: "identity providers and webhooks are where tenants say; HTTPS from the app's subnet, and nothing else",
  },
  {
    ids: ["headrace.network.https-out"],
    type: group,
    property: flows,
    verdict: "must",
    check: is("HTTPS only, where it leads anywhere", (value) => {
      const flow = toFlow(value);
      const isOpen = flow.access === "Allow" && flow.direction === "Outbound" && isToAnywhere(flow);
      return !isOpen || (flow.protocol === "Tcp" && String(portsOf(flow)) === "443");
    }),
  },
  {
    ids: ["Azure.NSG.DenyAllInbound"],
    type: group,
    property: "securityRules",
    verdict: "must",
    check: is("all else denied inbound, but for Azure's own probes", (value) => {
      const all = valuesAt(value, "[*]").map(([, rule]) => toFlow(rule));
      const probes = all.some(
        (flow) =>
          flow.access === "Allow" && flow.direction === "Inbound" && String(flow.sources) === "AzureLoadBalancer",
      );
      return probes && all.some((flow) => isDenial(flow, "Inbound"));
    }),
  },
  {
    ids: ["Azure.NSG.LateralTraversal"],
    type: group,
    property: "securityRules",
    verdict: "must",
    check: is("all else denied outbound: 22 and 3389 too", (value) =>
      valuesAt(value, "[*]").some(([, rule]) => isDenial(toFlow(rule), "Outbound")),
    ),
  },
  {
    ids: ["Azure.NSG.Associated"],
    type: group,
    property: "",
    verdict: "must",
    check: fits("a subnet that it is for", (_, { resource, world }) =>
      ofType(world, network).some((one) =>
        valuesAt(one.inputs, "subnets[*].networkSecurityGroup.id").some(([, id]) => isIdOf(id, resource)),
      ),
    ),
  },
  {
    ids: ["CKV_AZURE_77", "AVD-AZU-0048", "AVD-AZU-0050", "AVD-AZU-0074"],
    type: group,
    property: flows,
    verdict: "must",
    check: is("HTTPS or AMQP over TLS by TCP, where it is let in", (value, resource) => {
      const flow = toFlow(value);
      if (flow.access === "Deny" || String(flow.sources) === "AzureLoadBalancer") return resource !== undefined;
      return (
        flow.protocol === "Tcp" && portsOf(flow).length > 0 && portsOf(flow).every((port) => SERVICES.includes(port))
      );
    }),
  },
  {
    ids: ["headrace.network.between-subnets"],
    type: group,
    property: flows,
    verdict: "must",
    check: fits("from a subnet of this stack, or from named addresses to the endpoints", (value, { world }) => {
      const flow = toFlow(value);
      if (String(flow.sources) === "AzureLoadBalancer") return isFromProbes(flow);
      if (flow.access === "Deny") return isDenial(flow, "Inbound") || isDenial(flow, "Outbound");
      const subnets = ofType(world, network).flatMap((one) =>
        valuesAt(one.inputs, "subnets[*]").map(([, subnet]) => subnet),
      );
      const prefixes = (isApp: boolean) =>
        subnets.filter((one) => isAppSubnet(one) === isApp).map((one) => member(one, "addressPrefix"));
      if (!isWhole(flow)) return false;
      const toEndpoints = flow.targets.every((target) => prefixes(false).includes(target));
      const fromApp = flow.sources.every((source) => prefixes(true).includes(source));
      if (flow.direction === "Outbound") return fromApp && (toEndpoints || String(flow.targets) === "Internet");
      return toEndpoints && (fromApp || (!isFromAnywhere(flow) && String(portsOf(flow)) === "443"));
    }),
  },
  {
    ids: ["headrace.network.app-reaches-data"],
    type: network,
    property: "",
    verdict: "must",
    check: fits("rules that let the app out to the endpoints, in there, and out to others", (_, { world }) => {
      const allowed = ofType(world, group)
        .flatMap((one) => valuesAt(one.inputs, flows).map(([, rule]) => toFlow(rule)))
        .filter(({ access }) => access === "Allow");
      const toServices = allowed.filter((flow) => SERVICES.every((port) => portsOf(flow).includes(port)));
      return (
        ["Outbound", "Inbound"].every((way) => toServices.some(({ direction }) => direction === way)) &&
        allowed.some((flow) => flow.direction === "Outbound" && String(flow.targets) === "Internet")
      );
    }),
  },
  {
    ids: ["headrace.network.rules-in-order"],
    type: group,
    property: "securityRules",
    verdict: "must",
    check: is("denials last, and each priority once in a direction", (value) => {
      const all = valuesAt(value, "[*]").map(([, rule]) => toFlow(rule));
      const keys = all.map(({ direction, priority }) => `${direction} ${priority}`);
      const last = all.filter(({ access }) => access === "Deny").every(({ priority }) => priority === 4096);
      return (
        all.length > 0 &&
        last &&
        all.every(({ priority }) => priority >= 100 && priority <= 4096) &&
        new Set(keys).size === keys.length
      );
    }),
  },
  {
    ids: ["CKV_AZURE_12", "AVD-AZU-0049", "AVD-AZU-0073"],
    type: "network:FlowLog",
    property: "retentionPolicy.days",
    verdict: "option",
    because:
      "the network carries only what its rules let through; who wants its flows written turns them on: docs/cost.md has the price",
  },
  {
    ids: ["Azure.NIC.Attached", "Azure.NIC.Name", "Azure.NIC.UniqueDns", "AVD-AZU-0075", "AVD-AZU-0076"],
    type: "network:NetworkInterface",
    property: "",
    verdict: "n/a",
    because: "there are no machines; the endpoints' interfaces are Azure's",
  },
  {
    ids: ["Azure.PublicIP.StandardSKU", "Azure.PublicIP.MigrateStandard"],
    type: address,
    property: "sku.name",
    verdict: "must",
    check: oneOf("Standard", "StandardV2"),
  },
  {
    ids: ["Azure.PublicIP.AvailabilityZone"],
    type: address,
    property: "zones",
    verdict: "prod",
    check: is("several zones", (value) => Array.isArray(value) && value.length > 1),
  },
  {
    ids: ["Azure.PublicIP.IsAttached"],
    type: address,
    property: "",
    verdict: "must",
    check: fits("the way out's, and the only one", (_, { resource, world }) => {
      const gateways = ofType(world, "network:NatGateway");
      const ids = gateways.flatMap((one) => valuesAt(one.inputs, "publicIpAddresses[*].id").map(([, id]) => id));
      return ids.length === 1 && ids.every((id) => isIdOf(id, resource)) && ofType(world, address).length === 1;
    }),
  },
  {
    ids: ["headrace.network.way-out"],
    type: network,
    property: "subnets[*]",
    verdict: "must",
    check: fits("the NAT gateway for the app's subnet, and none for the endpoints'", (value, { world }) => {
      const id = member(value, "natGateway.id");
      return isAppSubnet(value) ? ledTo(world, id, "network:NatGateway").length > 0 : id === undefined;
    }),
  },
  {
    ids: ["headrace.network.endpoint-policies"],
    type: network,
    property: "subnets[*]",
    verdict: "must",
    check: is(
      "rules that count for endpoints, where there are any",
      (value) =>
        isAppSubnet(value) || member(value, "privateEndpointNetworkPolicies") === "NetworkSecurityGroupEnabled",
    ),
  },
  {
    ids: ["headrace.network.link-policies"],
    type: network,
    property: "subnets[*].privateLinkServiceNetworkPolicies",
    verdict: "must",
    check: equals("Enabled"),
  },
  {
    ids: ["headrace.network.app-subnet"],
    type: network,
    property: "subnets",
    verdict: "must",
    check: is("one for the app, delegated to it alone and /27 or larger", (value) => {
      const own = valuesAt(value, "[*]").filter(([, subnet]) => isAppSubnet(subnet));
      return (
        own.length === 1 &&
        own.every(([, subnet]) => {
          const services = valuesAt(subnet, "delegations[*].serviceName").map(([, service]) => service);
          const size = Number(/\/(\d+)$/.exec(String(member(subnet, "addressPrefix")))?.[1]);
          return (
            String(services) === "Microsoft.App/environments" &&
            size <= 27 &&
            member(subnet, "serviceEndpoints") === undefined
          );
        })
      );
    }),
  },
  {
    ids: ["headrace.network.private-addresses"],
    type: network,
    property: "addressSpace.addressPrefixes",
    verdict: "must",
    check: someOfThem,
  },
  ...["network:LoadBalancer", "network:ApplicationGateway", "network:VirtualNetworkGateway", "network:Subnet"].map(
    (type): Rule => ({
      ids: [`headrace.network.no-other-door:${type}`],
      type,
      property: "",
      verdict: "n/a",
      because: "the one way in is Front Door, and the network is one resource with its subnets",
    }),
  ),
  {
    ids: ["headrace.network.nat-address"],
    type: "network:NatGateway",
    property: "publicIpAddresses[*].id",
    verdict: "must",
    check: fits("an address of this stack", (id, { world }) => ledTo(world, id, address).length > 0),
  },
];
