import * as cdn from "@pulumi/azure-native/cdn/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Domains } from "./domains.ts";
import type { FrontDoor } from "./front-door.ts";
import type { Origins } from "./origins.ts";
import { routePatterns } from "./route-patterns.ts";
import type { Firewall } from "./waf.ts";

export interface RoutesArgs {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly frontDoor: FrontDoor;
  readonly domains: Domains;
  readonly origins: Origins;
  /** So that nothing is open before it stands. */
  readonly firewall: Firewall;
}

/** Which paths are let through to the app, at every host name: HTTPS only, nothing cached. */
export class Routes extends pulumi.ComponentResource {
  readonly routeId: pulumi.Output<string>;

  constructor(name: string, args: RoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:edge:Routes", name, {}, opts);
    const { resourceGroupName, frontDoor, domains, origins, firewall } = args;
    const route = new cdn.Route(
      "app",
      {
        resourceGroupName,
        profileName: frontDoor.profileName,
        endpointName: frontDoor.endpointName,
        routeName: "app",
        enabledState: "Enabled",
        patternsToMatch: [...routePatterns],
        originGroup: { id: origins.groupId },
        customDomains: domains.ids.map((id) => ({ id })),
        linkToDefaultDomain: "Enabled",
        // A redirect would come after the credentials have gone over the network in the open.
        supportedProtocols: ["Https"],
        httpsRedirect: "Disabled",
        forwardingProtocol: "HttpsOnly",
        // No `cacheConfiguration`: nothing is cached, and nothing is compressed on the way.
      },
      { parent: this, dependsOn: [firewall, ...origins.ready] },
    );
    this.routeId = route.id;
    this.registerOutputs();
  }
}
