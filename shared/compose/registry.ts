import { createActorOf } from "../access/audit/actor-of.ts";
import { auditDocument } from "../access/documents/audit-entry.ts";
import { createSchemaMarks } from "../access/keys/schema-marks.ts";
import type { Edge } from "../http/edge.ts";
import { compileSchema } from "../schema/judge/compile-schema.ts";
import type { ChangeDeps } from "../schema/registry/change-registry.ts";
import { createRegistryEndpoints } from "../schema/registry/endpoints.ts";
import type { Access } from "./access.ts";
import type { Adapters } from "./adapters.ts";

/** Where orgs keep the schemas of their events. */
export function composeRegistry({ registry, documents }: Adapters, { revoke, requireCurrent }: Access, edge: Edge) {
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
    marks,
    tell,
    requireCurrent,
    actorOf,
    now,
  });
}
