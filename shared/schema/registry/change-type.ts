import { isDeepStrictEqual } from "node:util";
import { AppError } from "../../errors.ts";
import { promote } from "../promoted/promoted-path.ts";
import { type Actor, type ChangeDeps, changeRegistry } from "./change-registry.ts";
import { type WithHashKey, withNextHashKey } from "./hash-key.ts";
import { withSettings } from "./org-schemas-changes.ts";
import { refusePlatformType } from "./platform-contracts.ts";
import { requireType } from "./read-registry.ts";
import type { SettingsBody, TypeBody } from "./registry-bodies.ts";
import type { OrgSchemasDocument, SchemaTypeDocument } from "./registry-documents.ts";
import { type TypeView, toTypeView } from "./registry-views.ts";

/**
 * Changes what a type says of itself, its mode or its rule. Throws AppError `schema_not_found`, `schema_read_only` or
 * `store_unavailable`.
 */
export async function changeType(
  deps: ChangeDeps,
  actor: Actor,
  orgId: string,
  { event_type, promote: paths, ...settings }: TypeBody,
): Promise<TypeView> {
  await refusePlatformType(event_type);
  return changeRegistry(deps, actor, orgId, async (schemas, at) => {
    const { value, etag } = await requireType(deps.store, orgId, event_type);
    const before = { ...value, promote: pathsOf(value) };
    const changes = { ...settings, ...(paths && { promote: paths }) };
    const names = Object.keys(changes) as (keyof typeof changes)[];
    const changed = names.filter((name) => !isDeepStrictEqual(changes[name], before[name]));
    if (changed.length === 0) return { result: toTypeView(value) };
    const promoted = paths && { promoted: promote(value.promoted ?? [], paths, at) };
    const replace = { ...value, ...settings, ...promoted, changed_at: new Date(at).toISOString() };
    const details = Object.fromEntries(changed.map((name) => [name, { before: before[name], now: changes[name] }]));
    return {
      result: toTypeView(replace),
      schemas: withSettings(schemas, replace),
      writes: [{ replace, etag }],
      line: { action: "schema_type.changed", target: `schema:${event_type}`, details },
    };
  });
}

function pathsOf({ promoted = [] }: SchemaTypeDocument): string[] {
  return promoted.map(({ path }) => path);
}

export interface SettingsView {
  readonly strict: boolean;
  /** The number of the key that privacy rules hash by; null before the first rule. */
  readonly hash_key: number | null;
}

/**
 * Changes what holds for all types of an org. The same again changes nothing: a key that has ended stays so, and the
 * next one goes on. Throws AppError `schema_not_found`, `secrets_unavailable` or `store_unavailable`.
 */
export function changeSettings(
  deps: ChangeDeps,
  actor: Actor,
  orgId: string,
  { strict, end_hash_key: end }: SettingsBody,
): Promise<SettingsView> {
  return changeRegistry(deps, actor, orgId, async (schemas) => {
    const isOther = strict !== undefined && strict !== schemas.strict;
    const ended = end && findKeyToEnd(schemas, end.number);
    const result = { strict: strict ?? schemas.strict, hash_key: schemas.hash_key?.number ?? null };
    if (!isOther && !ended) return { result };
    const changed = { ...(ended ? await withNextHashKey(deps.hashKeys, ended) : schemas), strict: result.strict };
    const details = {
      ...(isOther ? { strict } : undefined),
      ...(ended ? { ended_hash_key: ended.hash_key.number, reason: end?.reason } : undefined),
    };
    const line = { action: "schema_settings.changed", target: "schemas", details } as const;
    return { result: { ...result, hash_key: changed.hash_key?.number ?? null }, schemas: changed, line };
  });
}

/** Undefined where it has ended. Throws AppError `schema_not_found` for one that was never there. */
function findKeyToEnd(schemas: OrgSchemasDocument, number: number): WithHashKey | undefined {
  const { hash_key } = schemas;
  if (hash_key && hash_key.number >= number) return hash_key.number > number ? undefined : { ...schemas, hash_key };
  const has = hash_key ? `its key is number ${hash_key.number}` : "it has none";
  throw new AppError("schema_not_found", `the org never had a hash key of the number ${number}: ${has}`);
}
