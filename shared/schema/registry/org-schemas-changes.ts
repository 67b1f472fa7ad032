import { AppError } from "../../errors.ts";
import type { JsonSchema } from "../json-schema.ts";
import { hasMarks } from "../privacy/rules.ts";
import { bytesOf, registryBounds } from "./bounds.ts";
import { judges, type SchemaStatus } from "./contract-words.ts";
import type { OrgSchemasDocument, TypeSummary, VersionSummary } from "./registry-documents.ts";

/** What ingest knows of a version. */
export function summarize(version: number, status: SchemaStatus, schema: JsonSchema): VersionSummary {
  if (!judges(status)) return { version, status };
  return { version, status, schema, ...(hasMarks(schema) ? { has_rules: true } : undefined) };
}

/** What the registry has of an org that has registered nothing. */
export function noSchemas(orgId: string): OrgSchemasDocument {
  return { id: "schemas", kind: "org_schemas", org_id: orgId, strict: false, types: [], told: false };
}

/**
 * With this version of a type, in the place of what was known of it; the type takes the mode. Throws AppError
 * `registry_full` when instances would have to remember too much.
 */
export function withVersion(
  schemas: OrgSchemasDocument,
  { event_type, mode, promoted }: Pick<TypeSummary, "event_type" | "mode" | "promoted">,
  version: VersionSummary,
): OrgSchemasDocument {
  const before = schemas.types.find((type) => type.event_type === event_type);
  const others = before?.versions.filter((one) => one.version !== version.version) ?? [];
  const versions = [...others, version].sort((a, b) => a.version - b.version);
  const type = { ...before, event_type, mode, ...toPathColumns(promoted), versions };
  const types = before ? schemas.types.map((one) => (one === before ? type : one)) : [...schemas.types, type];
  if (types.length > registryBounds.types) throw registryFull("types", "an org has at most as many types");
  return refuseLarge({ ...schemas, types });
}

/** With what a type says of itself. Throws AppError `registry_full` as `withVersion` does. */
export function withSettings(
  schemas: OrgSchemasDocument,
  { event_type, mode, promoted }: Pick<TypeSummary, "event_type" | "mode" | "promoted">,
): OrgSchemasDocument {
  const types = schemas.types.map((type) =>
    type.event_type === event_type ? { ...type, mode, ...toPathColumns(promoted) } : type,
  );
  return refuseLarge({ ...schemas, types });
}

/** Without what only the type's own document says. */
function toPathColumns(promoted: TypeSummary["promoted"]): Pick<TypeSummary, "promoted"> {
  return promoted ? { promoted: promoted.map(({ path, column }) => ({ path, column })) } : {};
}

function refuseLarge(schemas: OrgSchemasDocument): OrgSchemasDocument {
  if (bytesOf(schemas) > registryBounds.bytes)
    throw registryFull("bytes", "the schemas of an org that are active or deprecated have at most as many bytes");
  return schemas;
}

export function registryFull(what: "types" | "versions" | "bytes", why: string): AppError {
  const limit = registryBounds[what];
  return new AppError("registry_full", `${why}: ${limit}`, { members: { what, limit } });
}
