import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface LocksArgs {
  /** Ids of what keeps data, by name. */
  readonly scopes: Readonly<Record<string, pulumi.Input<string>>>;
  /** What stands on them, and could not be taken away while they are locked. */
  readonly after: pulumi.Resource[];
}

/**
 * Delete locks, for hands other than the program's: `pulumi destroy` lifts them. They forbid besides that roles,
 * endpoints and diagnostic settings of what they lock are taken away, so they are made last, and lifted first.
 */
export class Locks extends pulumi.ComponentResource {
  constructor(name: string, { scopes, after }: LocksArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:data:Locks", name, {}, opts);
    for (const [what, scope] of Object.entries(scopes)) {
      new authorization.ManagementLockByScope(
        what,
        { scope, lockName: "keeps-data", level: "CanNotDelete", notes: "It keeps data of tenants." },
        { parent: this, dependsOn: after },
      );
    }
    this.registerOutputs();
  }
}
