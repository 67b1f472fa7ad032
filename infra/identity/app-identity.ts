import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface AppIdentityArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** What the app is to everything that it calls. */
export class AppIdentity extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly principalId: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;
}
