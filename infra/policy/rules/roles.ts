import { appRoles, roleIds, type Scope } from "../../identity/roles.ts";
import { equals, fits, is, matches, oneOf } from "../conditions.ts";
import { isIdOf, isIn, ledTo, ofType, type Resource, shares, shortType, textAt, type World } from "../resource.ts";
import type { Rule } from "../rule.ts";

const assignment = "authorization:RoleAssignment";
const within = "headrace:data:Packages";
/** Where the table's scopes are. */
const types: Readonly<Record<Scope, string>> = {
  hub: "eventhub:EventHub",
  storage: "storage:StorageAccount",
  queues: "storage:Queue",
  vault: "keyvault:Vault",
  appInsights: "applicationinsights:Component",
};
/** Those that are not the app's: who uploads bundles, and the hub that captures. */
const others = [
  { component: within, role: roleIds.storageBlobDataContributor, type: "storage:StorageAccount" },
  { component: "headrace:data:Captures", role: roleIds.storageBlobDataContributor, type: "storage:BlobContainer" },
];

const lockable = ["eventhub:Namespace", "cosmosdb:DatabaseAccount", "keyvault:Vault", "storage:StorageAccount"];
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Of who may do what. */
export const roles: readonly Rule[] = [
  {
    ids: ["CKV_AZURE_39", "AVD-AZU-0030", "AVD-AZU-0052"],
    type: "authorization:RoleDefinition",
    property: "permissions",
    verdict: "n/a",
    because: "Azure's own roles are narrow enough, at the scopes that they are given on",
  },
  {
    ids: ["Azure.RBAC.UseRGDelegation"],
    type: assignment,
    property: "scope",
    verdict: "no",
    check: matches(/\/resourceGroups\/[^/]+$/i, "a resource group"),
    because: "a resource, or a part of it, is narrower, and narrower is wanted",
  },
  {
    ids: ["headrace.role.below-the-group"],
    type: assignment,
    property: "scope",
    verdict: "must",
    check: fits("a resource of this stack, on which the role is used", (scope, { resource, world }) =>
      isWanted(resource, scope, world),
    ),
  },
  {
    ids: ["Azure.RBAC.LimitOwner"],
    type: assignment,
    property: "roleDefinitionId",
    verdict: "must",
    check: is("a role of data that the program's table has", (id) =>
      Object.values(roleIds).some((role) =>
        new RegExp(`^/subscriptions/[^/]+/providers/Microsoft.Authorization/roleDefinitions/${role}$`).test(String(id)),
      ),
    ),
  },
  {
    ids: ["Azure.RBAC.UseGroups", "Azure.RBAC.PIM", "Azure.RBAC.CoAdministrator"],
    type: assignment,
    property: "principalType",
    verdict: "must",
    check: equals("ServicePrincipal"),
    except: { within, because: "bundles may be uploaded by a person: the configuration says by whom" },
  },
  {
    ids: ["headrace.role.kind-of-uploader"],
    type: assignment,
    property: "principalType",
    verdict: "must",
    check: oneOf("ServicePrincipal", "User", "Group"),
  },
  {
    ids: ["headrace.role.one-principal"],
    type: assignment,
    property: "principalId",
    verdict: "must",
    check: fits("the app's identity, as in Cosmos DB; another's elsewhere", (id, { resource, world }) => {
      const apps = ofType(world, "cosmosdb:SqlResourceSqlRoleAssignment").map((one) => one.inputs.principalId);
      const isOther = others.some(({ component }) => isIn(resource, component));
      return isOther ? GUID.test(String(id)) && !apps.includes(id) : apps.includes(id);
    }),
  },
  {
    ids: ["headrace.role.all-that-code-uses"],
    type: "managedidentity:UserAssignedIdentity",
    property: "",
    verdict: "must",
    check: fits(
      "every role of the program's table, on each resource that it is for",
      (_, { resource, world }) =>
        isIn(resource, "headrace:data:Captures") ||
        appRoles.every(({ role, scope }) =>
          scopesIn(world, scope).every((place) => isGiven(world, roleIds[role], place)),
        ),
    ),
  },
  {
    ids: ["Azure.Identity.UserAssignedName"],
    type: "managedidentity:UserAssignedIdentity",
    property: "resourceName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/),
  },
  {
    ids: ["headrace.role.who-writes-captures-and-bundles"],
    type: "storage:StorageAccount",
    property: "",
    verdict: "must",
    check: fits("somebody who may write into it", (_, { resource, world }) =>
      others
        .filter(({ component }) => isIn(resource, component))
        .every(({ role, type }) =>
          ofType(world, type)
            .filter((place) => shares(place, resource, "accountName"))
            .some((place) => isGiven(world, role, place)),
        ),
    ),
  },
  {
    ids: ["headrace.role.lock-level"],
    type: "authorization:ManagementLockByScope",
    property: "",
    verdict: "must",
    check: fits(
      "a lock against deletion on what keeps data",
      (_, { resource, world }) =>
        resource.inputs.level === "CanNotDelete" &&
        lockable.some((type) => ledTo(world, resource.inputs.scope, type).length > 0),
    ),
  },
  ...lockable.map(
    (type): Rule => ({
      ids: [`headrace.role.locks-on-all:${type}`],
      type,
      property: "",
      verdict: "must",
      check: fits("a lock, where there are locks", (_, { resource, world }) => {
        const locks = ofType(world, "authorization:ManagementLockByScope");
        return (
          locks.length === 0 || isIn(resource, within) || locks.some((lock) => isIdOf(lock.inputs.scope, resource))
        );
      }),
    }),
  ),
  ...["authorization:PimRoleAssignmentSchedule", "authorization:RoleManagementPolicyAssignment"].map(
    (type): Rule => ({
      ids: [`headrace.role.none-else:${type}`],
      type,
      property: "",
      verdict: "n/a",
      because: "no person gets a role here",
    }),
  ),
];

/** The app's own account only: bundles and captures are not its business. */
function scopesIn(world: World, scope: Scope): Resource[] {
  return ofType(world, types[scope]).filter((one) => others.every(({ component }) => !isIn(one, component)));
}

function isGiven(world: World, role: string, place: Resource): boolean {
  return ofType(world, assignment).some(
    (one) =>
      textAt(one, "roleDefinitionId").endsWith(role) &&
      ledTo(world, one.inputs.scope, shortType(place)).includes(place),
  );
}

function isWanted(resource: Resource, scope: unknown, world: World): boolean {
  const id = textAt(resource, "roleDefinitionId");
  const other = others.filter(({ component }) => isIn(resource, component));
  const wanted =
    other.length > 0 ? other : appRoles.map(({ role, scope: place }) => ({ role: roleIds[role], type: types[place] }));
  return wanted.some(({ role, type }) => id.endsWith(role) && ledTo(world, scope, type).length > 0);
}
