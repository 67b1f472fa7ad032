import { AppError } from "../../errors.ts";
import { findEnded } from "../privacy/find-ended.ts";
import { findRules } from "../privacy/rules.ts";
import { type Actor, type ChangeDeps, changeRegistry, type Decision } from "./change-registry.ts";
import { type BreakView, findRuleBreaks, refuseBreaks } from "./check-compatibility.ts";
import { judges, mayBecome, type SchemaStatus, statusChanges } from "./contract-words.ts";
import { summarize, withVersion } from "./org-schemas-changes.ts";
import { refusePlatformType } from "./platform-contracts.ts";
import { requireType, requireVersion } from "./read-registry.ts";
import type { StatusBody } from "./registry-bodies.ts";
import type { OrgSchemasDocument, SchemaTypeDocument, VersionState } from "./registry-documents.ts";
import type { RegistryStore } from "./registry-store.ts";
import { toStateView, type VersionStateView } from "./registry-views.ts";

/**
 * Gives a version of a type another status. The same again changes nothing. Throws AppError `schema_not_found`,
 * `schema_read_only`, `schema_status_conflict`, `schema_incompatible`, `registry_full` or `store_unavailable`.
 */
export async function changeStatus(
  deps: ChangeDeps,
  actor: Actor,
  orgId: string,
  body: StatusBody,
): Promise<VersionStateView> {
  await refusePlatformType(body.event_type);
  return changeRegistry(deps, actor, orgId, (schemas, at) => decideStatus(deps.store, schemas, body, at));
}

async function decideStatus(
  store: RegistryStore,
  schemas: OrgSchemasDocument,
  { event_type, version, status, force }: StatusBody,
  at: number,
): Promise<Decision<VersionStateView>> {
  const type = await requireType(store, schemas.org_id, event_type);
  const state = requireVersion(type.value, version);
  if (state.status === status) return { result: toStateView(state) };
  refuseStatus(state, status);
  const { schema } = await readContent(store, type.value, version);
  const breaks = judges(state.status) ? [] : findBreaksOf(type.value, schemas, version, status, schema);
  refuseBreaks(type.value.compatibility, breaks, force !== undefined);
  const ended = judges(status) ? [] : findEndedRules(schemas, event_type, version);
  refuseEnded(type.value, version, ended, force !== undefined);
  const isForced = breaks.length > 0 || ended.length > 0;
  const changed = withStatus(state, status, at, isForced ? force?.reason : undefined);
  const versions = type.value.versions.map((one) => (one === state ? changed : one));
  const replace = { ...type.value, changed_at: new Date(at).toISOString(), versions };
  return {
    result: toStateView(changed),
    schemas: withVersion(schemas, type.value, summarize(version, status, schema)),
    writes: [{ replace, etag: type.etag }],
    line: {
      action: "schema.status_changed",
      target: `schema:${event_type}`,
      details: { version, before: state.status, status, ...(isForced && { forced: force?.reason }), ...endedIn(ended) },
    },
  };
}

/** Throws AppError `schema_status_conflict`. */
function refuseStatus({ version, status }: VersionState, wanted: SchemaStatus): void {
  if (mayBecome(status, wanted)) return;
  const allowed = statusChanges[status];
  const instead = allowed.length > 0 ? `it may become ${allowed.join(" or ")}` : "and stays so";
  throw new AppError("schema_status_conflict", `version ${version} is ${status}: ${instead}`, {
    members: { status, allowed },
  });
}

async function readContent(store: RegistryStore, { org_id, event_type }: SchemaTypeDocument, version: number) {
  const found = await store.readVersion(org_id, event_type, version);
  if (!found) throw new Error(`version ${version} of a type is gone`);
  return found;
}

/** Where privacy rules end with a version, since no other one that is in force has them. */
function findEndedRules({ types }: OrgSchemasDocument, eventType: string, version: number): readonly string[] {
  const versions = types.find((one) => one.event_type === eventType)?.versions ?? [];
  const rulesOf = (isThis: boolean) =>
    versions.flatMap((one) =>
      (one.version === version) === isThis && one.has_rules && one.schema ? findRules(one.schema) : [],
    );
  return findEnded(rulesOf(true), rulesOf(false));
}

/** Throws AppError `schema_incompatible`; not for what is forced. */
function refuseEnded(
  { compatibility }: SchemaTypeDocument,
  version: number,
  ended: readonly string[],
  forced: boolean,
): void {
  const [first] = ended;
  if (first === undefined || forced) return;
  const why = "the privacy rule here ends with it, since no other version in force has it";
  throw new AppError("schema_incompatible", `version ${version} has privacy rules, first at \`${first}\`: ${why}`, {
    members: {
      compatibility,
      breaks: ended.map((pointer) => {
        return { version, direction: "backward", pointer, kind: "privacy_rule_ended", message: why };
      }),
    },
  });
}

function endedIn(ended: readonly string[]): { readonly ended_rules?: readonly string[] } {
  return ended.length > 0 ? { ended_rules: ended } : {};
}

/** A draft that becomes active is held against what has become active meanwhile. */
function findBreaksOf(
  { event_type, compatibility }: SchemaTypeDocument,
  schemas: OrgSchemasDocument,
  version: number,
  status: SchemaStatus,
  schema: Readonly<Record<string, unknown>>,
): readonly BreakView[] {
  if (!judges(status)) return [];
  const others = schemas.types.find((one) => one.event_type === event_type)?.versions ?? [];
  return findRuleBreaks(compatibility, version, schema, others);
}

const since = { active: "activated_at", deprecated: "deprecated_at", retired: "retired_at" } as const;

function withStatus(state: VersionState, status: SchemaStatus, at: number, forced: string | undefined): VersionState {
  const time = status === "draft" ? {} : { [since[status]]: new Date(at).toISOString() };
  return { ...state, status, ...time, ...(forced === undefined ? undefined : { forced }) };
}
