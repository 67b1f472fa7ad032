import type { HashKeyPlace } from "../../secrets/hash-keys.ts";
import type { Formatted } from "../../store/formats.ts";
import type { CompatibilityRule } from "../evolve/find-breaks.ts";
import type { Mapping } from "../evolve/mapping.ts";
import type { JsonSchema } from "../json-schema.ts";
import type { PathColumn } from "../promoted/columns-of.ts";
import type { PromotedPath } from "../promoted/promoted-path.ts";
import type { SchemaMode, SchemaStatus } from "./contract-words.ts";

/** The fields that every document of the container `registry` has. Times are RFC 3339 in UTC. */
interface Base extends Formatted {
  readonly id: string;
  readonly org_id: string;
}

/**
 * `schemas`: what ingest knows of an org's schemas, in one document that is read by its id. It is written in the same
 * transaction as what it is made from, so that all changes of an org's registry meet at its ETag.
 */
export interface OrgSchemasDocument extends Base {
  readonly id: "schemas";
  readonly kind: "org_schemas";
  /** What is of a type without a schema is refused. */
  readonly strict: boolean;
  readonly types: readonly TypeSummary[];
  /** Instances were told that the org has schemas. Until then each change tells them first. */
  readonly told: boolean;
  /** The key that privacy rules hash by: made with the first rule, and there from then on. */
  readonly hash_key?: HashKeyPlace;
  /** Secrets of keys that have ended and may still be in the vault. */
  readonly ended_hash_keys?: readonly string[];
}

export interface TypeSummary {
  readonly event_type: string;
  readonly mode: SchemaMode;
  readonly versions: readonly VersionSummary[];
  /** Absent where nothing is. */
  readonly promoted?: readonly PathColumn[];
}

export interface VersionSummary {
  readonly version: number;
  readonly status: SchemaStatus;
  /** Of one that judges: a draft does not, and a retired one no more. */
  readonly schema?: JsonSchema;
  /** Whether the schema marks properties by `x-pii`. */
  readonly has_rules?: true;
}

/** `type:<hash of the event type>` */
export interface SchemaTypeDocument extends Base {
  readonly kind: "schema_type";
  readonly event_type: string;
  readonly owner: string;
  readonly description: string;
  readonly mode: SchemaMode;
  readonly compatibility: CompatibilityRule;
  readonly created_at: string;
  readonly created_by: string;
  readonly changed_at: string;
  /** Absent where nothing is. */
  readonly promoted?: readonly PromotedPath[];
  /** By their numbers, 1 to n without a gap. */
  readonly versions: readonly VersionState[];
}

/** What changes of a version, and what lists say of it. */
export interface VersionState {
  readonly version: number;
  readonly status: SchemaStatus;
  readonly created_at: string;
  readonly created_by: string;
  /** When it was last given this status. */
  readonly activated_at?: string;
  readonly deprecated_at?: string;
  readonly retired_at?: string;
  /** How `properties` of the version before are read as this one. */
  readonly mapping?: Mapping;
  /** It broke the rule of its type, and an admin said why. */
  readonly forced?: string;
}

/** `version:<hash of the event type>:<number>`; written once. */
export interface SchemaVersionDocument extends Base, VersionContent {
  readonly kind: "schema_version";
  readonly event_type: string;
  readonly version: number;
}

/** What somebody registers. The same again is the same version. */
export interface VersionContent {
  readonly schema: JsonSchema;
  /** `properties` that fit. */
  readonly examples: readonly JsonSchema[];
  readonly description: string;
}

/**
 * `line:<UUIDv7>`: a line of the audit trail on its way. It is written in the transaction of the change that it tells
 * of, and deleted once the trail has it: the trail is in another container.
 */
export interface SchemaLineDocument extends Base {
  readonly kind: "schema_line";
  readonly line: RegistryLine;
}

/** The line of the audit trail that tells of a change. */
export interface RegistryLine {
  readonly auditId: string;
  readonly at: string;
  readonly action: RegistryAction;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly actor: { readonly subject: string; readonly clientAddress: string; readonly requestId: string };
}

export type RegistryAction =
  | "schema.registered"
  | "schema.status_changed"
  | "schema_type.changed"
  | "schema_settings.changed";

export type RegistryDocument = OrgSchemasDocument | SchemaTypeDocument | SchemaVersionDocument | SchemaLineDocument;
