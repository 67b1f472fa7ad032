import { z } from "zod";
import { isJsonObject } from "../../event/event.ts";
import { reached } from "../../runtime/reached.ts";
import type { HashKeyPlace } from "../../secrets/hash-keys.ts";
import { columnNames } from "../../store/columns.ts";
import { isReadable } from "../../store/formats.ts";
import type { Versioned } from "../../store/versioned.ts";
import type { JsonSchema } from "../json-schema.ts";
import { pointer } from "../pointer.ts";
import type { PathColumn } from "../promoted/columns-of.ts";
import { type SchemaMode, type SchemaStatus, schemaModes, schemaStatuses } from "./contract-words.ts";
import type { OrgSchemasDocument, TypeSummary, VersionSummary } from "./registry-documents.ts";

/** What an instance knows of an org's schemas. */
export interface OrgSchemas {
  /** An event of a type that is not among these is refused. */
  readonly strict: boolean;
  readonly types: ReadonlyMap<string, TypeContract>;
  /** Another one after each change. */
  readonly generation: string;
  /** Whether a schema in force marks properties by `x-pii`. */
  readonly hasRules?: boolean;
  /** Undefined where the org never had a privacy rule. */
  readonly hashKey?: HashKeyPlace | undefined;
}

export interface TypeContract {
  readonly mode: SchemaMode;
  readonly versions: ReadonlyMap<number, VersionContract>;
  /** What an event of whatever version is found by. */
  readonly promoted: readonly PathColumn[];
}

export interface VersionContract {
  readonly status: SchemaStatus;
  /** Of a draft or a retired one, which judge nothing, it is `{}`. */
  readonly schema: JsonSchema;
  /** Whether it marks properties by `x-pii`. */
  readonly hasRules?: true;
}

export interface OrgSchemasReader {
  /**
   * What ingest judges an org's events by, at most half a minute old while the store answers. Undefined: the org has no
   * schemas, told by its OrgState without a request to the registry. Throws AppError `schemas_unavailable` when nobody
   * can tell: an event that nobody judged must not be taken. With `since`, in ms since 1970, what was registered before
   * that time is known for certain.
   */
  read(orgId: string, since?: number): Promise<OrgSchemas | undefined>;
}

const wholeSchemas = z.object({
  strict: z.boolean(),
  types: z.array(
    z.object({
      event_type: z.string().min(1),
      mode: z.enum(schemaModes),
      promoted: z.array(z.object({ path: pointer, column: z.enum(columnNames) })).optional(),
      versions: z.array(
        z.object({
          version: z.int().min(1),
          status: z.enum(schemaStatuses),
          schema: z.custom<JsonSchema>(isJsonObject).optional(),
          has_rules: z.literal(true).optional(),
        }),
      ),
    }),
  ),
  hash_key: z.object({ number: z.int().min(1), secret: z.string().min(1), version: z.string().min(1) }).optional(),
});

const NEWER = "a newer release wrote the org's schemas, and this instance cannot read them";
const DAMAGED = "what is stored of the org's schemas is damaged";
const GONE = "the org's schemas are gone";

/** Schemas, or why nobody can tell what they are. */
export type ReadSchemas = { readonly schemas: OrgSchemas } | { readonly unreadable: string };

export function toOrgSchemas(found: Versioned<OrgSchemasDocument> | undefined): ReadSchemas {
  if (!found) {
    reached("org-schemas-gone");
    return { unreadable: GONE };
  }
  const { value, etag } = found;
  if (!isReadable("org_schemas", value)) {
    reached("org-schemas-newer");
    return { unreadable: NEWER };
  }
  if (!wholeSchemas.safeParse(value).success) {
    reached("org-schemas-damaged");
    return { unreadable: DAMAGED };
  }
  const types = new Map(value.types.map((type) => [type.event_type, toContract(type)]));
  const hasRules = value.types.some(({ versions }) => versions.some((one) => one.has_rules));
  return { schemas: { strict: value.strict, types, generation: etag, hasRules, hashKey: value.hash_key } };
}

function toContract({ mode, versions, promoted = [] }: TypeSummary): TypeContract {
  return { mode, promoted, versions: new Map(versions.map((one) => [one.version, toVersion(one)])) };
}

function toVersion({ status, schema = {}, has_rules }: VersionSummary): VersionContract {
  return { status, schema, ...(has_rules && { hasRules: true }) };
}
