import * as cdn from "@pulumi/azure-native/cdn/index.js";
import * as pulumi from "@pulumi/pulumi";
import { routes } from "../../shared/http/routes.ts";
import type { Settings } from "../config/settings.ts";
import type { FrontDoor } from "./front-door.ts";

/** Approves the connections that origins ask for, inside the update that makes them. */
export interface Approval {
  /** Of each origin: it asks whenever it is made or changed. */
  readonly origin: pulumi.ResourceHookBinding;
  /**
   * There once the connection is approved: a hook that failed after its resource is not run again, and what is
   * missing here is.
   */
  markApproved(
    name: string,
    args: {
      readonly appId: pulumi.Input<string>;
      readonly requestMessage: pulumi.Input<string>;
      readonly originId: pulumi.Input<string>;
    },
    opts: pulumi.CustomResourceOptions,
  ): pulumi.CustomResource;
}

export interface OriginsArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly frontDoor: FrontDoor;
  readonly app: { readonly id: pulumi.Input<string>; readonly hostName: pulumi.Input<string> };
  readonly approval: Approval;
}

/**
 * What an origin says when it asks the app for its connection: this stack's alone, and one for each origin. 140
 * letters at most.
 */
export function requestMessageOf({ name, stack, suffix }: Settings, location: string): string {
  return `Front Door of ${name}-${stack}-${suffix} by ${location}`;
}

/**
 * The app, by Private Link: once for each region in which Front Door enters. One carries 7,200 requests a second and
 * hangs on one regional cluster; with more, Front Door has to ask which of them live.
 */
export class Origins extends pulumi.ComponentResource {
  readonly groupId: pulumi.Output<string>;
  /** The origins, and that their connections are approved: a way that leads somewhere waits for all of it. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: OriginsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:edge:Origins", name, {}, opts);
    const { settings, resourceGroupName, frontDoor, app, approval } = args;
    const { privateLinkLocations: locations } = settings;
    const group = new cdn.AFDOriginGroup(
      "group",
      {
        resourceGroupName,
        profileName: frontDoor.profileName,
        originGroupName: "app",
        sessionAffinityState: "Disabled",
        ...balance(locations.length),
      },
      { parent: this },
    );
    this.ready = locations.flatMap((location) => {
      const hooks = approval.origin;
      const origin = new cdn.AFDOrigin(location, toOrigin(args, group.name, location), { parent: this, hooks });
      const asked = { appId: app.id, requestMessage: requestMessageOf(settings, location), originId: origin.id };
      return [origin, approval.markApproved(location, asked, { parent: this })];
    });
    this.groupId = group.id;
    this.registerOutputs();
  }
}

/**
 * Requests are spread over the origins whose latency is at most this above the fastest's: all of them, wherever they
 * enter. With 0 all would go to the fastest, and its limit would stay (articles/frontdoor/routing-methods.md).
 */
const ALL_LATENCIES_MS = 1_000;
/** Each edge location asks each origin this often: docs/cost.md has the price. */
const PROBE_SECONDS = 60;

function balance(origins: number): Pick<cdn.AFDOriginGroupArgs, "healthProbeSettings" | "loadBalancingSettings"> {
  return {
    loadBalancingSettings: {
      sampleSize: 4,
      successfulSamplesRequired: 3,
      additionalLatencyInMilliseconds: origins > 1 ? ALL_LATENCIES_MS : 0,
    },
    // A single one gets the requests whether it answers or not; asking it would only keep an instance awake.
    ...(origins > 1
      ? {
          healthProbeSettings: {
            probePath: `/${routes.ready.path}`,
            probeRequestType: "HEAD",
            probeProtocol: "Https",
            probeIntervalInSeconds: PROBE_SECONDS,
          },
        }
      : {}),
  };
}

function toOrigin(args: OriginsArgs, originGroupName: pulumi.Input<string>, location: string): cdn.AFDOriginArgs {
  const { settings, resourceGroupName, frontDoor, app } = args;
  return {
    resourceGroupName,
    profileName: frontDoor.profileName,
    originGroupName,
    originName: location,
    hostName: app.hostName,
    originHostHeader: app.hostName,
    httpPort: 80,
    httpsPort: 443,
    enabledState: "Enabled",
    enforceCertificateNameCheck: true,
    priority: 1,
    weight: 1_000,
    sharedPrivateLinkResource: {
      groupId: "sites",
      privateLink: { id: app.id },
      privateLinkLocation: location,
      requestMessage: requestMessageOf(settings, location),
    },
  };
}
