import { armPathOf } from "../arm-paths.ts";
import type { Registration } from "./registration.ts";

/**
 * What azure-native replaces a resource for, besides its path: its own list (`provider/pkg/gen/replacement.go`) and
 * what the API's description marks as fixed (`x-ms-mutability`). Where a location is not in them, ARM refuses the
 * change: it can't be had in place either way.
 */
const replacing: Readonly<Record<string, readonly string[]>> = {
  "applicationinsights:Component": ["kind"],
  "authorization:RoleAssignment": ["principalId", "roleDefinitionId"],
  "cdn:Profile": ["sku.name"],
  "cosmosdb:SqlResourceSqlRoleAssignment": ["principalId", "scope"],
  "network:PrivateEndpoint": ["subnet"],
  "network:PublicIPAddress": ["publicIPAddressVersion", "publicIPPrefix", "sku"],
  "storage:StorageAccount": ["isHnsEnabled"],
  "web:AppServicePlan": ["kind", "reserved", "hyperV", "isXenon"],
  "web:WebApp": ["kind"],
};

/** What Azure refuses to change on a resource that is there, though a preview shows an update. */
const refused: Readonly<Record<string, readonly string[]>> = {
  "cosmosdb:DatabaseAccount": ["capabilities", "kind"],
  "cosmosdb:SqlResourceSqlContainer": ["resource.partitionKey", "resource.uniqueKeyPolicy"],
  "eventhub:EventHub": ["partitionCount"],
  "eventhub:Namespace": ["sku.name", "sku.tier", "zoneRedundant"],
  "keyvault:Vault": ["properties.enablePurgeProtection", "properties.softDeleteRetentionInDays"],
  "privatedns:VirtualNetworkLink": ["virtualNetwork"],
  "storage:StorageAccount": ["encryption.requireInfrastructureEncryption", "kind", "sku.name"],
  "web:AppServicePlan": ["sku.tier", "zoneRedundant"],
  "web:WebApp": ["functionAppConfig.runtime.name"],
};

/** Those of the changed paths that a resource is replaced for. */
export function replacingPaths(registration: Registration, changed: readonly string[]): string[] {
  const { type, replaceOnChanges } = registration;
  return changed.filter((path) =>
    within(path, [...pathAndLocation(type), ...listed(replacing, type), ...replaceOnChanges]),
  );
}

/** Those of the changed paths that Azure refuses. */
export function refusedPaths({ type }: Registration, changed: readonly string[]): string[] {
  return changed.filter((path) => within(path, listed(refused, type)));
}

/** Everything of a type that can't be had otherwise in place: its name, where it is, and what is fixed with them. */
export function fixedPaths(type: string): string[] {
  return [...pathAndLocation(type), ...listed(replacing, type), ...listed(refused, type)].toSorted();
}

export function within(path: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`));
}

function listed(table: Readonly<Record<string, readonly string[]>>, type: string): readonly string[] {
  return table[type.replace("azure-native:", "")] ?? [];
}

function pathAndLocation(type: string): readonly string[] {
  return type.startsWith("azure-native:") ? [...armPathOf(type).parameters, "location"] : [];
}
