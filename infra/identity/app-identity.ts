import * as managedidentity from "@pulumi/azure-native/managedidentity/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";

export interface AppIdentityArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}

/** What the app is to everything that it calls. It outlives the app, so that its roles are there before it starts. */
export class AppIdentity extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly principalId: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;

  constructor(name: string, args: AppIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:identity:AppIdentity", name, {}, opts);
    const { settings, resourceGroupName } = args;
    const identity = new managedidentity.UserAssignedIdentity(
      "identity",
      {
        resourceGroupName,
        location: settings.location,
        tags: tagsOf(settings),
        resourceName: nameOf("identity", settings),
      },
      { parent: this },
    );
    this.id = identity.id;
    this.principalId = identity.principalId;
    this.clientId = identity.clientId;
    this.registerOutputs();
  }
}
