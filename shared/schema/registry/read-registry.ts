import { AppError } from "../../errors.ts";
import type { Versioned } from "../../store/versioned.ts";
import { requireSchemas } from "./change-registry.ts";
import { findPlatformContract, listPlatformTypes } from "./platform-contracts.ts";
import type { SchemaTypeDocument, VersionState } from "./registry-documents.ts";
import type { RegistryStore } from "./registry-store.ts";
import {
  type TypeDetailView,
  type TypeView,
  toPlatformVersion,
  toPlatformView,
  toStateView,
  toTypeView,
  toVersionView,
  type VersionView,
} from "./registry-views.ts";

export interface TypeList {
  readonly strict: boolean;
  /** The number of the key that privacy rules hash by; null before the first rule. */
  readonly hash_key: number | null;
  readonly types: readonly TypeView[];
}

/** All types of an org, by their names, and then the platform's. Throws AppError `store_unavailable`. */
export async function listTypes(store: RegistryStore, orgId: string): Promise<TypeList> {
  await store.catchUp(orgId);
  const isThere = (await store.readSchemas(orgId)) !== undefined;
  const schemas = isThere ? (await requireSchemas(store, orgId)).value : undefined;
  const own = (await store.listTypes(orgId)).map(toTypeView);
  const platform = (await listPlatformTypes()).map(toPlatformView).map(({ versions, ...type }) => type);
  const { strict = false, hash_key } = schemas ?? {};
  return {
    strict,
    hash_key: hash_key?.number ?? null,
    types: [...own.sort((a, b) => (a.event_type < b.event_type ? -1 : 1)), ...platform],
  };
}

/** Throws AppError `schema_not_found` or `store_unavailable`. */
export async function readType(store: RegistryStore, orgId: string, eventType: string): Promise<TypeDetailView> {
  if (await findPlatformContract(eventType)) return toPlatformView(eventType);
  await store.catchUp(orgId);
  const { value } = await requireType(store, orgId, eventType);
  return { ...toTypeView(value), versions: value.versions.map(toStateView) };
}

/** Throws AppError `schema_not_found` or `store_unavailable`. */
export async function readVersion(
  store: RegistryStore,
  orgId: string,
  eventType: string,
  version: number,
): Promise<VersionView> {
  const schema = await findPlatformContract(eventType);
  if (schema && version === 1) return toPlatformVersion(eventType, schema);
  await store.catchUp(orgId);
  const { value } = await requireType(store, orgId, eventType);
  const state = requireVersion(value, version);
  const document = await store.readVersion(orgId, eventType, version);
  if (!document) throw new Error(`version ${version} of a type is gone`);
  return toVersionView(state, document);
}

/** Throws AppError `schema_not_found` or `store_unavailable`. */
export async function requireType(
  store: Pick<RegistryStore, "readType">,
  orgId: string,
  eventType: string,
): Promise<Versioned<SchemaTypeDocument>> {
  const found = await store.readType(orgId, eventType);
  if (!found) throw new AppError("schema_not_found", `the org has no schema of \`${eventType}\``);
  return found;
}

/** Throws AppError `schema_not_found`. */
export function requireVersion({ event_type, versions }: SchemaTypeDocument, version: number): VersionState {
  const found = versions.find((one) => one.version === version);
  if (!found) throw new AppError("schema_not_found", `\`${event_type}\` has no version ${version}`);
  return found;
}
