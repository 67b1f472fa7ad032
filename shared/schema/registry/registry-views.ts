import type { CompatibilityRule } from "../evolve/find-breaks.ts";
import type { Mapping } from "../evolve/mapping.ts";
import type { JsonSchema } from "../json-schema.ts";
import { type PromotedView, toPromotedView } from "../promoted/promoted-path.ts";
import type { SchemaMode, SchemaStatus } from "./contract-words.ts";
import type { SchemaTypeDocument, SchemaVersionDocument, VersionState } from "./registry-documents.ts";

/** A type as lists show it. */
export interface TypeView {
  readonly event_type: string;
  /** The platform's own, which nobody changes. */
  readonly platform: boolean;
  readonly owner: string;
  readonly description: string;
  readonly mode: SchemaMode;
  readonly compatibility: CompatibilityRule;
  /** What its events can be found by. */
  readonly promoted: readonly PromotedView[];
  readonly latest_version: number;
  /** The oldest active one, which events that name none are held against; null when none is active. */
  readonly default_version: number | null;
  /** Null for the platform's. */
  readonly created_at: string | null;
  readonly changed_at: string | null;
}

export interface VersionStateView {
  readonly version: number;
  readonly status: SchemaStatus;
  readonly created_at: string | null;
  readonly created_by: string | null;
  readonly activated_at: string | null;
  readonly deprecated_at: string | null;
  readonly retired_at: string | null;
  /** Why it was registered although it broke the rule. */
  readonly forced: string | null;
}

export interface TypeDetailView extends TypeView {
  readonly versions: readonly VersionStateView[];
}

export interface VersionView extends VersionStateView {
  readonly event_type: string;
  readonly platform: boolean;
  readonly description: string;
  /** How `properties` of the version before are read as this one; null where nobody said so. */
  readonly mapping: Mapping | null;
  readonly schema: JsonSchema;
  readonly examples: readonly JsonSchema[];
}

export function toTypeView(type: SchemaTypeDocument): TypeView {
  const { event_type, owner, description, mode, compatibility, created_at, changed_at, versions } = type;
  const { promoted = [] } = type;
  return {
    ...{ event_type, platform: false, owner, description, mode, compatibility },
    promoted: promoted.map(toPromotedView),
    latest_version: versions.length,
    default_version: versions.find(({ status }) => status === "active")?.version ?? null,
    ...{ created_at, changed_at },
  };
}

export function toStateView(state: VersionState): VersionStateView {
  const { version, status, created_at, created_by, activated_at = null, deprecated_at = null } = state;
  const { retired_at = null, forced = null } = state;
  return { version, status, created_at, created_by, activated_at, deprecated_at, retired_at, forced };
}

export function toVersionView(state: VersionState, document: SchemaVersionDocument): VersionView {
  const { event_type, schema, examples, description } = document;
  const { mapping = null } = state;
  return { event_type, platform: false, ...toStateView(state), description, mapping, schema, examples };
}

const platformType: Omit<TypeView, "event_type"> = {
  platform: true,
  owner: "Headrace",
  description: "Means the same to everyone",
  mode: "enforce",
  compatibility: "backward",
  promoted: [],
  latest_version: 1,
  default_version: 1,
  created_at: null,
  changed_at: null,
};

const platformState: VersionStateView = {
  version: 1,
  status: "active",
  created_at: null,
  created_by: null,
  activated_at: null,
  deprecated_at: null,
  retired_at: null,
  forced: null,
};

export function toPlatformView(event_type: string): TypeDetailView {
  return { event_type, ...platformType, versions: [platformState] };
}

export function toPlatformVersion(event_type: string, schema: JsonSchema): VersionView {
  return { event_type, platform: true, ...platformState, description: "", mapping: null, schema, examples: [] };
}
