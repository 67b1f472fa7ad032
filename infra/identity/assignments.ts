import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as cosmosdb from "@pulumi/azure-native/cosmosdb/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { appRoles, builtInRole, cosmosDataContributor, roleIds, type Scope } from "./roles.ts";

export interface AssignmentsArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly principalId: pulumi.Input<string>;
  /** Ids by scope; of queues, by their names. */
  readonly scopes: Readonly<Record<Exclude<Scope, "queues">, pulumi.Input<string>>> & {
    readonly queues: Readonly<Record<string, pulumi.Input<string>>>;
  };
  readonly cosmos: {
    readonly accountId: pulumi.Input<string>;
    readonly accountName: pulumi.Input<string>;
    readonly roleScope: pulumi.Input<string>;
  };
  /** What else changes the accounts that roles are given on. */
  readonly after: pulumi.Resource[];
}

/** The app's roles. The app waits for all of them: its first package is read with them. */
export class Assignments extends pulumi.ComponentResource {
  constructor(name: string, args: AssignmentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:identity:Assignments", name, {}, opts);
    const { settings, principalId, scopes } = args;
    const assigned = appRoles.flatMap(({ role, scope, why }) =>
      Object.entries(scope === "queues" ? scopes.queues : { [scope]: scopes[scope] }).map(
        ([place, id]) =>
          new authorization.RoleAssignment(
            `${role}-${place}`,
            {
              scope: id,
              principalId,
              // Else Azure looks for it in the directory, where a new identity is not at once.
              principalType: "ServicePrincipal",
              roleDefinitionId: builtInRole(settings, roleIds[role]),
              description: why,
            },
            { parent: this },
          ),
      ),
    );
    this.#assignInCosmos(args, assigned);
    this.registerOutputs();
  }

  /**
   * After everything else: side by side with the account's other changes it is refused (412), and it has no
   * `principalType`.
   */
  #assignInCosmos(args: AssignmentsArgs, assigned: pulumi.Resource[]): void {
    const { resourceGroupName, principalId, cosmos, after } = args;
    new cosmosdb.SqlResourceSqlRoleAssignment(
      "cosmos-data-contributor",
      {
        resourceGroupName,
        accountName: cosmos.accountName,
        principalId,
        scope: cosmos.roleScope,
        roleDefinitionId: pulumi.interpolate`${cosmos.accountId}/sqlRoleDefinitions/${cosmosDataContributor}`,
      },
      { parent: this, dependsOn: [...after, ...assigned] },
    );
  }
}
