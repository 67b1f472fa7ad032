import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface EventHubsArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** The hub that envelopes go through. */
export class EventHubs extends pulumi.ComponentResource {
  readonly namespaceId: pulumi.Output<string>;
  readonly namespaceName: pulumi.Output<string>;
  readonly hubId: pulumi.Output<string>;
  readonly hubName: pulumi.Output<string>;
  /** `name.servicebus.windows.net` */
  readonly host: pulumi.Output<string>;
}
