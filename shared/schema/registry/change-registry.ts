import { AppError } from "../../errors.ts";
import { reached } from "../../runtime/reached.ts";
import { uuidv7 } from "../../runtime/uuid.ts";
import { change } from "../../store/change.ts";
import { readable, UnreadableError } from "../../store/formats.ts";
import type { Versioned } from "../../store/versioned.ts";
import { completeEnds, type HashKeyDeps, withHashKey } from "./hash-key.ts";
import { toOrgSchemas } from "./org-schemas.ts";
import { noSchemas } from "./org-schemas-changes.ts";
import type { OrgSchemasDocument, RegistryLine, SchemaLineDocument } from "./registry-documents.ts";
import type { RegistryStore, RegistryWrite } from "./registry-store.ts";

export interface ChangeDeps extends HashKeyDeps {
  readonly marks: SchemaMarks;
  /** Writes the line of the audit trail, unless it is there. */
  readonly tell: (orgId: string, line: RegistryLine) => Promise<void>;
  readonly now: () => number;
}

/** What an org's state says of its schemas. Both throw AppError `store_unavailable`. */
export interface SchemaMarks {
  isMarked(orgId: string): Promise<boolean>;
  /** Makes it say that there are schemas, and tells every instance; again is safe. */
  mark(orgId: string): Promise<void>;
}

export type Actor = RegistryLine["actor"];

/** What one look at the registry leads to. Without `schemas` nothing is written. */
export interface Decision<T> {
  readonly result: T;
  readonly schemas?: OrgSchemasDocument;
  readonly writes?: readonly RegistryWrite[];
  readonly line?: Pick<RegistryLine, "action" | "target" | "details">;
}

/**
 * Changes an org's registry in one transaction, with the line of the trail on its way, and then brings the line there.
 * All changes of an org meet at one document: of two at once, one is decided anew. What an instance that was killed has
 * left of a change before is completed. Throws AppError `store_unavailable` or `secrets_unavailable`, and what `decide`
 * throws.
 */
export async function changeRegistry<T>(
  deps: ChangeDeps,
  actor: Actor,
  orgId: string,
  decide: (schemas: OrgSchemasDocument, at: number) => Promise<Decision<T>>,
): Promise<T> {
  const { store, hashKeys, now } = deps;
  let ended: readonly string[] = [];
  await tellInstances(deps, orgId);
  const result = await change(store, orgId, async () => {
    const { value, etag } = await requireSchemas(store, orgId);
    const at = now();
    const { result, schemas, writes = [], line } = await decide(value, at);
    ended = (schemas ?? value).ended_hash_keys ?? [];
    if (!schemas) return { writes: [], result };
    const told = line ? [{ create: lineDocument(orgId, actor, at, line) }] : [];
    return {
      writes: [{ replace: { ...(await withHashKey(hashKeys, schemas)), told: true }, etag }, ...writes, ...told],
      result,
    };
  });
  await completeLines(deps, orgId);
  await completeEnds(deps, orgId, ended);
  return result;
}

/**
 * Before the first schema of an org is there, every instance is told to look for it. In this order a change that was
 * killed anywhere leaves an org that is asked for schemas and has none yet.
 */
async function tellInstances({ store, marks }: ChangeDeps, orgId: string): Promise<void> {
  await store.catchUp(orgId);
  if (!(await store.readSchemas(orgId)) && !(await marks.isMarked(orgId)))
    await store.commit(orgId, [{ create: noSchemas(orgId) }]);
  // One that was marked and is not there is gone: made anew, it would be without what was registered.
  if ((await requireSchemas(store, orgId)).value.told) return;
  reached("org-gets-schemas");
  await marks.mark(orgId);
}

/** Throws AppError `store_unavailable` for what is spoiled, gone or of a newer release. */
export async function requireSchemas(
  store: Pick<RegistryStore, "readSchemas">,
  orgId: string,
): Promise<Versioned<OrgSchemasDocument>> {
  const found = await store.readSchemas(orgId);
  const versioned = found === "unchanged" ? undefined : found;
  if (versioned) readable("org_schemas", versioned.value);
  const whole = toOrgSchemas(versioned);
  if (versioned && "schemas" in whole) return versioned;
  const reason = "unreadable" in whole ? whole.unreadable : "";
  throw new UnreadableError("what is stored of the org's schemas cannot be told", reason);
}

function lineDocument(
  orgId: string,
  actor: Actor,
  at: number,
  line: Pick<RegistryLine, "action" | "target" | "details">,
): SchemaLineDocument {
  const id = uuidv7(at);
  const whole = { auditId: `audit:${id}`, at: new Date(at).toISOString(), actor, ...line };
  return { id: `line:${id}`, kind: "schema_line", org_id: orgId, line: whole };
}

async function completeLines({ store, tell }: ChangeDeps, orgId: string): Promise<void> {
  for (const { id, line } of await store.listLines(orgId)) {
    await tell(orgId, line).catch((cause: unknown) => {
      reached("registry-line-not-told");
      throw new AppError("store_unavailable", "it is done, and the audit trail does not know it yet", {
        cause,
        retryAfter: 1,
      });
    });
    await store.deleteLine(orgId, id);
  }
}
