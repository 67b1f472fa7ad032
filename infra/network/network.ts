import * as azure from "@pulumi/azure-native/network/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Kind, nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";
import { appRules, endpointRules, type SecurityRule } from "./rules.ts";

export interface NetworkArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly natGatewayId: pulumi.Input<string>;
}

/** Without an underscore: Flex refuses a subnet whose name has one. */
const APP = "app";
const ENDPOINTS = "endpoints";

/** The network, one resource with its subnets: side by side they refuse each other (`AnotherOperationInProgress`). */
export class Network extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly appSubnetId: pulumi.Output<string>;
  readonly endpointSubnetId: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:network:Network", name, {}, opts);
    const { settings, resourceGroupName, natGatewayId } = args;
    const common = { resourceGroupName, location: settings.location, tags: tagsOf(settings) };
    const group = (kind: Kind, securityRules: SecurityRule[]) =>
      new azure.NetworkSecurityGroup(
        kind,
        { ...common, networkSecurityGroupName: nameOf(kind, settings), securityRules },
        { parent: this },
      );
    const subnets = [
      toAppSubnet(settings, group("appRules", appRules(settings)).id, natGatewayId),
      toEndpointSubnet(settings, group("endpointRules", endpointRules(settings)).id),
    ];
    const network = new azure.VirtualNetwork(
      "network",
      {
        ...common,
        virtualNetworkName: nameOf("network", settings),
        addressSpace: { addressPrefixes: [settings.network.addressSpace] },
        subnets,
      },
      { parent: this },
    );
    this.id = network.id;
    this.appSubnetId = pulumi.interpolate`${network.id}/subnets/${APP}`;
    this.endpointSubnetId = pulumi.interpolate`${network.id}/subnets/${ENDPOINTS}`;
    this.registerOutputs();
  }
}

/** The app's alone: Flex shares it with nothing, and wants it delegated. */
function toAppSubnet({ network }: Settings, rules: pulumi.Input<string>, natGatewayId: pulumi.Input<string>) {
  return {
    name: APP,
    addressPrefix: network.appSubnet,
    delegations: [{ name: "flex", serviceName: "Microsoft.App/environments" }],
    networkSecurityGroup: { id: rules },
    natGateway: { id: natGatewayId },
    defaultOutboundAccess: false,
    privateEndpointNetworkPolicies: "Disabled",
    privateLinkServiceNetworkPolicies: "Enabled",
  };
}

/** Without the network policies the rules would do nothing: Azure passes endpoints by them otherwise. */
function toEndpointSubnet({ network }: Settings, rules: pulumi.Input<string>) {
  return {
    name: ENDPOINTS,
    addressPrefix: network.endpointSubnet,
    networkSecurityGroup: { id: rules },
    defaultOutboundAccess: false,
    privateEndpointNetworkPolicies: "NetworkSecurityGroupEnabled",
    privateLinkServiceNetworkPolicies: "Enabled",
  };
}
