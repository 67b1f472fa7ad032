import type { Settings } from "../config/settings.ts";

export interface SecurityRule {
  readonly name: string;
  readonly description: string;
  readonly priority: number;
  readonly direction: "Inbound" | "Outbound";
  readonly access: "Allow" | "Deny";
  readonly protocol: "Tcp" | "*";
  readonly sourceAddressPrefix?: string;
  readonly sourceAddressPrefixes?: string[];
  readonly sourcePortRange: "*";
  readonly destinationAddressPrefix: string;
  readonly destinationPortRange?: "*";
  readonly destinationPortRanges?: string[];
}

/** HTTPS for storage, Cosmos DB and Key Vault, AMQP over TLS for Event Hubs. */
const SERVICES = ["443", "5671"];

/**
 * The app's subnet: it calls the private endpoints, and others by HTTPS. Nobody calls into it: requests reach the app
 * elsewhere.
 */
export function appRules({ network: { appSubnet, endpointSubnet } }: Settings): SecurityRule[] {
  return [
    allow("to-endpoints", "Data services, by their private endpoints", "Outbound", 100, {
      sourceAddressPrefix: appSubnet,
      destinationAddressPrefix: endpointSubnet,
      destinationPortRanges: SERVICES,
    }),
    // The addresses of identity providers and webhooks are the tenants' choice; those of Azure are among the
    // internet's.
    allow("to-others", "Sign-in keys, providers, webhooks, telemetry, extension bundle, package", "Outbound", 110, {
      sourceAddressPrefix: appSubnet,
      destinationAddressPrefix: "Internet",
      destinationPortRanges: ["443"],
    }),
    deny("Outbound"),
    fromLoadBalancer(),
    deny("Inbound"),
  ];
}

/** The endpoints' subnet: the app comes in, and nobody goes out. */
export function endpointRules({ network: { appSubnet, endpointSubnet, appEndpoint } }: Settings): SecurityRule[] {
  const toEndpoints = { destinationAddressPrefix: endpointSubnet };
  return [
    allow("from-app", "The app, to data services", "Inbound", 100, {
      ...toEndpoints,
      sourceAddressPrefix: appSubnet,
      destinationPortRanges: SERVICES,
    }),
    ...(appEndpoint === undefined
      ? []
      : [
          allow("to-the-app", "Those who reach the app and its scm by our own endpoint", "Inbound", 110, {
            ...toEndpoints,
            sourceAddressPrefixes: appEndpoint.from,
            destinationPortRanges: ["443"],
          }),
        ]),
    fromLoadBalancer(),
    deny("Inbound"),
    deny("Outbound"),
  ];
}

function allow(
  name: string,
  description: string,
  direction: SecurityRule["direction"],
  priority: number,
  who: Pick<
    SecurityRule,
    "sourceAddressPrefix" | "sourceAddressPrefixes" | "destinationAddressPrefix" | "destinationPortRanges"
  >,
): SecurityRule {
  return { name, description, direction, priority, access: "Allow", protocol: "Tcp", sourcePortRange: "*", ...who };
}

/** Azure's own probes, which a rule that denies all would cut. */
function fromLoadBalancer(): SecurityRule {
  return {
    name: "from-load-balancer",
    description: "Azure's own probes",
    direction: "Inbound",
    priority: 4000,
    access: "Allow",
    protocol: "*",
    sourceAddressPrefix: "AzureLoadBalancer",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "*",
  };
}

/** Before Azure's last rules, which let a network talk to itself and everyone to the internet. */
function deny(direction: SecurityRule["direction"]): SecurityRule {
  return {
    name: `deny-all-${direction.toLowerCase()}`,
    description: "Everything else",
    direction,
    priority: 4096,
    access: "Deny",
    protocol: "*",
    sourceAddressPrefix: "*",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "*",
  };
}
