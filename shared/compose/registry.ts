import { createActorOf } from "../access/audit/actor-of.ts";
import { auditDocument } from "../access/documents/audit-entry.ts";
import { KEY_GRACE_MS } from "../access/keys/org-keys.ts";
import { createSchemaMarks } from "../access/keys/schema-marks.ts";
import type { Config } from "../config.ts";
import type { Edge } from "../http/edge.ts";
import { createCompiledSchemas } from "../ingest/schemas/compiled-schemas.ts";
import { createOpenJudge, type OpenJudge } from "../ingest/schemas/judge-events.ts";
import { compileSchema } from "../schema/judge/compile-schema.ts";
import type { ChangeDeps } from "../schema/registry/change-registry.ts";
import { createRegistryEndpoints } from "../schema/registry/endpoints.ts";
import { createOrgSchemasReader } from "../schema/registry/read-org-schemas.ts";
import type { Access } from "./access.ts";
import type { Adapters } from "./adapters.ts";
import type { Secrets } from "./secrets.ts";

/** What events are held against as they come in. */
export function composeJudge(
  { registry }: Adapters,
  { hashKeys }: Secrets,
  { hasSchemas }: Access,
  config: Config,
): OpenJudge {
  const options = { refreshMs: config.revocationPollMs, graceMs: KEY_GRACE_MS };
  const schemas = createOrgSchemasReader({ store: registry, hasSchemas }, options);
  return createOpenJudge({ schemas, hashKeys, compiled: createCompiledSchemas(compileSchema) });
}

/** Where orgs keep the schemas of their events. */
export function composeRegistry(
  { registry, documents }: Adapters,
  { hashKeys }: Secrets,
  { revoke, requireCurrent }: Access,
  edge: Edge,
) {
  const now = Date.now;
  /** Under an id of its own, so that a try again tells nothing twice. */
  const tell: ChangeDeps["tell"] = async (orgId, { auditId, at, actor, ...entry }) => {
    await documents.commit(orgId, [{ create: auditDocument(orgId, actor, Date.parse(at), entry, auditId) }]);
  };
  const marks = createSchemaMarks({ documents, revoke, now });
  const actorOf = createActorOf(edge);
  return createRegistryEndpoints({
    store: registry,
    compile: compileSchema,
    hashKeys,
    marks,
    tell,
    requireCurrent,
    actorOf,
    now,
  });
}
