import { isDeepStrictEqual } from "node:util";
import { promote } from "../promoted/promoted-path.ts";
import { type Actor, type ChangeDeps, changeRegistry } from "./change-registry.ts";
import { withSettings } from "./org-schemas-changes.ts";
import { refusePlatformType } from "./platform-contracts.ts";
import { requireType } from "./read-registry.ts";
import type { TypeBody } from "./registry-bodies.ts";
import type { SchemaTypeDocument } from "./registry-documents.ts";
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
}

/** Changes what holds for all types of an org. Throws AppError `store_unavailable`. */
export function changeSettings(
  deps: ChangeDeps,
  actor: Actor,
  orgId: string,
  { strict }: SettingsView,
): Promise<SettingsView> {
  return changeRegistry(deps, actor, orgId, async (schemas) => {
    if (schemas.strict === strict) return { result: { strict } };
    const line = { action: "schema_settings.changed", target: "schemas", details: { strict } } as const;
    return { result: { strict }, schemas: { ...schemas, strict }, line };
  });
}
