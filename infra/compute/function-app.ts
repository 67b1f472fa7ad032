import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

export interface FunctionAppArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly subnetId: pulumi.Input<string>;
  readonly identityId: pulumi.Input<string>;
  readonly deploymentContainer: pulumi.Input<string>;
  readonly appSettings: Readonly<Record<string, pulumi.Input<string>>>;
}

/** The function app, without a public address. */
export class FunctionApp extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  /** `name.azurewebsites.net` */
  readonly hostName: pulumi.Output<string>;
  readonly planId: pulumi.Output<string>;
}
