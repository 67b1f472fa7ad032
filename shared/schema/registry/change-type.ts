import { type Actor, type ChangeDeps, changeRegistry } from "./change-registry.ts";
import { withMode } from "./org-schemas-changes.ts";
import { refusePlatformType } from "./platform-contracts.ts";
import { requireType } from "./read-registry.ts";
import type { TypeBody } from "./registry-bodies.ts";
import { type TypeView, toTypeView } from "./registry-views.ts";

/**
 * Changes what a type says of itself, its mode or its rule. Throws AppError `schema_not_found`, `schema_read_only` or
 * `store_unavailable`.
 */
export async function changeType(
  deps: ChangeDeps,
  actor: Actor,
  orgId: string,
  { event_type, ...changes }: TypeBody,
): Promise<TypeView> {
  await refusePlatformType(event_type);
  return changeRegistry(deps, actor, orgId, async (schemas, at) => {
    const { value, etag } = await requireType(deps.store, orgId, event_type);
    const names = Object.keys(changes) as (keyof typeof changes)[];
    const changed = names.filter((name) => changes[name] !== value[name]);
    if (changed.length === 0) return { result: toTypeView(value) };
    const replace = { ...value, ...changes, changed_at: new Date(at).toISOString() };
    const details = Object.fromEntries(changed.map((name) => [name, { before: value[name], now: changes[name] }]));
    return {
      result: toTypeView(replace),
      schemas: withMode(schemas, event_type, replace.mode),
      writes: [{ replace, etag }],
      line: { action: "schema_type.changed", target: `schema:${event_type}`, details },
    };
  });
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
