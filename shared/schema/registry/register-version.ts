import { isDeepStrictEqual } from "node:util";
import { AppError } from "../../errors.ts";
import type { CompatibilityRule } from "../evolve/find-breaks.ts";
import type { CompileSchema } from "../judge/compile-schema.ts";
import { promote } from "../promoted/promoted-path.ts";
import { registryBounds } from "./bounds.ts";
import { type Actor, type ChangeDeps, changeRegistry, type Decision, requireSchemas } from "./change-registry.ts";
import { type BreakView, findRuleBreaks, refuseBreaks } from "./check-compatibility.ts";
import { checkContent, checkMapping } from "./check-content.ts";
import type { SchemaMode, SchemaStatus } from "./contract-words.ts";
import { noSchemas, registryFull, summarize, withVersion } from "./org-schemas-changes.ts";
import { refusePlatformType } from "./platform-contracts.ts";
import type { RegisterBody } from "./registry-bodies.ts";
import type {
  OrgSchemasDocument,
  SchemaTypeDocument,
  SchemaVersionDocument,
  VersionContent,
  VersionState,
} from "./registry-documents.ts";
import { typeIdOf, versionIdOf } from "./registry-ids.ts";
import type { RegistryStore } from "./registry-store.ts";

export interface RegisterDeps extends ChangeDeps {
  readonly compile: CompileSchema;
}

export interface RegisteredView {
  readonly event_type: string;
  readonly version: number;
  readonly status: SchemaStatus;
  readonly mode: SchemaMode;
  readonly compatibility: CompatibilityRule;
  /** False where the same was registered before. */
  readonly created: boolean;
  /** What was forced. */
  readonly breaks: readonly BreakView[];
}

/** What a type is made with, where nobody says otherwise. */
const NEW_TYPE = { owner: "", description: "", mode: "warn", compatibility: "backward" } as const;

/**
 * Registers a version of an org's type. The same content again changes nothing. Throws AppError `schema_invalid`,
 * `schema_read_only`, `schema_version_conflict`, `schema_incompatible`, `registry_full`, `secrets_unavailable` or
 * `store_unavailable`.
 */
export async function registerVersion(
  deps: RegisterDeps,
  actor: Actor,
  orgId: string,
  body: RegisterBody,
): Promise<RegisteredView> {
  await refusePlatformType(body.event_type);
  const content = await checkContent(deps.compile, body);
  return changeRegistry(deps, actor, orgId, (schemas, at) => {
    return decideVersion(deps, schemas, { ...body, ...content }, { by: actor.subject, at });
  });
}

/**
 * What registering it would answer, and nothing is written. It is held against the rule that comes with it, where one
 * does: so that a change of the rule and a version can be checked as they will be pushed, one after the other.
 */
export async function checkVersion(
  { store, compile }: Pick<RegisterDeps, "store" | "compile">,
  orgId: string,
  body: RegisterBody,
): Promise<RegisteredView> {
  await refusePlatformType(body.event_type);
  const content = await checkContent(compile, body);
  await store.catchUp(orgId);
  const isThere = (await store.readSchemas(orgId)) !== undefined;
  const schemas = isThere ? (await requireSchemas(store, orgId)).value : noSchemas(orgId);
  const made = { by: "", at: 0, rule: body.type?.compatibility };
  return (await decideVersion({ store, compile }, schemas, { ...body, ...content }, made)).result;
}

type Wanted = Omit<RegisterBody, keyof VersionContent> & VersionContent;

interface Made {
  /** The principal's subject. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Instead of the type's own. */
  readonly rule?: CompatibilityRule | undefined;
}

async function decideVersion(
  { store, compile }: Pick<RegisterDeps, "store" | "compile">,
  schemas: OrgSchemasDocument,
  wanted: Wanted,
  made: Made,
): Promise<Decision<RegisteredView>> {
  const { event_type, version } = wanted;
  const found = await store.readType(schemas.org_id, event_type);
  const versions = found?.value.versions ?? [];
  const there = versions.find((one) => one.version === version);
  const own = found?.value ?? newType(schemas.org_id, wanted, made);
  const type = { ...own, compatibility: made.rule ?? own.compatibility };
  if (there) {
    await refuseAnother(store, type, wanted);
    return { result: toRegistered(type, there, { created: false, breaks: [] }) };
  }
  if (version !== versions.length + 1) throw versionConflict(type, `version ${version} would leave a gap`);
  if (version > registryBounds.versions) throw registryFull("versions", "a type has at most as many versions");
  if (wanted.mapping)
    await checkMapping(
      compile,
      wanted,
      wanted.mapping,
      await store.readVersion(schemas.org_id, event_type, version - 1),
    );
  const summaries = schemas.types.find((one) => one.event_type === event_type)?.versions ?? [];
  const breaks = findRuleBreaks(type.compatibility, version, wanted.schema, summaries);
  refuseBreaks(type.compatibility, breaks, wanted.force !== undefined);
  const state = newState(wanted, made, breaks.length > 0);
  const changed = { ...type, changed_at: state.created_at, versions: [...versions, state] };
  return {
    result: toRegistered(changed, state, { created: true, breaks }),
    schemas: withVersion(schemas, changed, summarize(version, state.status, wanted.schema)),
    writes: [
      { create: toVersionDocument(schemas.org_id, wanted) },
      found ? { replace: changed, etag: found.etag } : { create: changed },
    ],
    line: {
      action: "schema.registered",
      target: `schema:${event_type}`,
      details: { version, status: state.status, ...(state.forced && { forced: state.forced, breaks: breaks.length }) },
    },
  };
}

/** Throws AppError `schema_version_conflict` unless the same is registered. */
async function refuseAnother(store: RegistryStore, type: SchemaTypeDocument, wanted: Wanted): Promise<void> {
  const { event_type, version } = wanted;
  const document = await store.readVersion(type.org_id, event_type, version);
  if (!document) throw new Error(`version ${version} of a type is gone`);
  const there = { ...document, mapping: type.versions.find((one) => one.version === version)?.mapping };
  const differs = (["schema", "examples", "description", "mapping"] as const).filter(
    (member) => !isDeepStrictEqual(there[member], wanted[member]),
  );
  if (differs.length === 0) return;
  throw versionConflict(type, `version ${version} is there with another \`${differs.join("`, `")}\``);
}

function versionConflict({ event_type, versions }: SchemaTypeDocument, why: string): AppError {
  const there = versions.map(({ version, status }) => ({ version, status }));
  return new AppError("schema_version_conflict", `${why} in \`${event_type}\``, {
    members: { versions: there, next_version: versions.length + 1 },
  });
}

function newType(orgId: string, { event_type, type }: Wanted, { by, at }: Made): SchemaTypeDocument {
  const created_at = new Date(at).toISOString();
  const { promote: paths = [], ...settings } = { ...NEW_TYPE, ...type };
  const promoted = paths.length > 0 && { promoted: promote([], paths, at) };
  return {
    ...{ id: typeIdOf(event_type), kind: "schema_type", org_id: orgId, event_type, ...settings, ...promoted },
    ...{ created_at, created_by: by, changed_at: created_at, versions: [] },
  };
}

function newState({ version, status, mapping, force }: Wanted, { by, at }: Made, isBroken: boolean): VersionState {
  const created_at = new Date(at).toISOString();
  return {
    ...{ version, status, created_at, created_by: by },
    ...(status === "active" ? { activated_at: created_at } : undefined),
    ...(mapping ? { mapping } : undefined),
    ...(isBroken && force ? { forced: force.reason } : undefined),
  };
}

function toVersionDocument(orgId: string, wanted: Wanted): SchemaVersionDocument {
  const { event_type, version, schema, examples, description } = wanted;
  return {
    ...{ id: versionIdOf(event_type, version), kind: "schema_version", org_id: orgId, event_type, version },
    ...{ schema, examples, description },
  };
}

function toRegistered(
  { event_type, mode, compatibility }: SchemaTypeDocument,
  { version, status }: VersionState,
  rest: Pick<RegisteredView, "created" | "breaks">,
): RegisteredView {
  return { event_type, version, status, mode, compatibility, ...rest };
}
