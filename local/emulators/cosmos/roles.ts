import { CosmosError } from "./errors.ts";
import { nameOperation } from "./gate.ts";
import type { CosmosRequest } from "./request.ts";

/** What the identity may do, and where: a role of the data plane that was given to it. */
export interface RoleAssignment {
  /** `/`, `/dbs/<database>` or `/dbs/<database>/colls/<container>`. */
  readonly scope: string;
  /** A last `*` stands for one segment. */
  readonly actions: readonly string[];
}

const READ_METADATA = "Microsoft.DocumentDB/databaseAccounts/readMetadata";
const CONTAINERS = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";

/** The actions of "Cosmos DB Built-in Data Contributor". */
export const dataContributor: readonly string[] = [READ_METADATA, `${CONTAINERS}/*`, `${CONTAINERS}/items/*`];

const itemActions = ["create", "read", "replace", "upsert", "delete"].map((name) => `${CONTAINERS}/items/${name}`);

/** By what `nameOperation` says of a request about documents. */
const actionsOf: Readonly<Record<string, readonly string[]>> = {
  create: [`${CONTAINERS}/items/create`],
  read: [`${CONTAINERS}/items/read`],
  replace: [`${CONTAINERS}/items/replace`],
  patch: [`${CONTAINERS}/items/replace`],
  upsert: [`${CONTAINERS}/items/upsert`],
  delete: [`${CONTAINERS}/items/delete`],
  query: [`${CONTAINERS}/executeQuery`],
  plan: [`${CONTAINERS}/executeQuery`],
  list: [`${CONTAINERS}/readChangeFeed`],
  batch: itemActions,
  bulk: itemActions,
};

const SUBSTATUS_NO_ROLE = 5301;

/**
 * Lets a request pass that a role allows. `readMetadata` lets an identity read what it is given on and what is below,
 * and nothing above, but for the account itself, which any scope lets it read. @throws {CosmosError} 403
 */
export function checkRoles(request: CosmosRequest, assignments: readonly RoleAssignment[], principal: Principal): void {
  const resource = resourceOf(request);
  const isAllowed = (action: string): boolean =>
    assignments.some(
      ({ scope, actions }) =>
        (request.route.resourceType === "account" || covers(scope, resource)) &&
        actions.some((given) => includes(given, action)),
    );
  const missing = actionsNeededBy(request).find((action) => !isAllowed(action));
  if (missing !== undefined) throw refusal(missing, resource, principal);
}

/** The refusal of a request to who was given nothing. */
export function refuseWithoutRole(request: CosmosRequest, principal: Principal): CosmosError {
  return refusal(actionsNeededBy(request)[0] ?? READ_METADATA, resourceOf(request), principal);
}

interface Principal {
  readonly principalId: string;
}

function refusal(action: string, resource: string, { principalId }: Principal): CosmosError {
  return new CosmosError(
    403,
    `Request blocked by Auth emulator : Request is blocked because principal [${principalId}] does not have required ` +
      `RBAC permissions to perform action [${action}] on resource [${resource.slice(1) || "/"}]. ` +
      "Learn more: https://aka.ms/cosmos-native-rbac.",
    SUBSTATUS_NO_ROLE,
  );
}

function actionsNeededBy(request: CosmosRequest): readonly string[] {
  return request.route.resourceType === "docs" ? (actionsOf[nameOperation(request)] ?? []) : [READ_METADATA];
}

/** The narrowest scope that the request is within. A list belongs to what is above it. */
function resourceOf({ route: { database, container } }: CosmosRequest): string {
  if (database === undefined) return "/";
  return container === undefined ? `/dbs/${database}` : `/dbs/${database}/colls/${container}`;
}

function covers(scope: string, resource: string): boolean {
  return scope === "/" || resource === scope || resource.startsWith(`${scope}/`);
}

function includes(given: string, action: string): boolean {
  if (!given.endsWith("/*")) return given === action;
  return action.slice(0, action.lastIndexOf("/")) === given.slice(0, -2);
}
