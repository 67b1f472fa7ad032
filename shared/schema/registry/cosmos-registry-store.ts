import { type Container, ErrorResponse } from "@azure/cosmos";
import { catchUp } from "../../store/catch-up.ts";
import { type BatchWrite, commitBatch } from "../../store/commit-batch.ts";
import { queryAll, readChanged, readDocument, reading, sql } from "../../store/cosmos.ts";
import { readable, stamp } from "../../store/formats.ts";
import { toVersioned } from "../../store/versioned.ts";
import type {
  OrgSchemasDocument,
  SchemaLineDocument,
  SchemaTypeDocument,
  SchemaVersionDocument,
} from "./registry-documents.ts";
import { typeIdOf, versionIdOf } from "./registry-ids.ts";
import type { RegistryStore, RegistryWrite } from "./registry-store.ts";

type Stored<T> = T & { readonly _etag: string };

export function createCosmosRegistryStore(container: Container): RegistryStore {
  const list = async <T extends SchemaTypeDocument | SchemaLineDocument>(kind: T["kind"], orgId: string) => {
    const query = sql("SELECT * FROM c WHERE c.org_id = @org AND c.kind = @kind", { org: orgId, kind });
    const found = await queryAll<Stored<T>>(container, query, { partitionKey: orgId });
    return found.map((document) => toVersioned<T>(readable(kind, document)).value);
  };
  return {
    catchUp: (orgId) => catchUp(container, orgId),
    commit: (orgId, writes) => commitBatch(container, orgId, writes.map(stamped)),
    readSchemas: async (orgId, knownEtag) => {
      const found = await readChanged<Stored<OrgSchemasDocument>>(container, "schemas", orgId, knownEtag);
      return found === "unchanged" || !found ? found : toVersioned<OrgSchemasDocument>(found);
    },
    readType: async (orgId, eventType) => {
      const found = await readDocument<Stored<SchemaTypeDocument>>(container, typeIdOf(eventType), orgId);
      return found && toVersioned<SchemaTypeDocument>(readable("schema_type", found));
    },
    readVersion: async (orgId, eventType, version) => {
      const id = versionIdOf(eventType, version);
      const found = await readDocument<Stored<SchemaVersionDocument>>(container, id, orgId);
      return found && toVersioned<SchemaVersionDocument>(readable("schema_version", found)).value;
    },
    listTypes: (orgId) => list<SchemaTypeDocument>("schema_type", orgId),
    listLines: (orgId) => list<SchemaLineDocument>("schema_line", orgId),
    deleteLine: (orgId, id) =>
      reading(async (abortSignal) => {
        try {
          await container.item(id, orgId).delete({ abortSignal });
        } catch (error) {
          if (!(error instanceof ErrorResponse) || error.code !== 404 || error.substatus) throw error;
        }
      }),
  };
}

function stamped(write: RegistryWrite): BatchWrite {
  if ("create" in write) return { create: stamp(write.create.kind, write.create) };
  return { replace: stamp(write.replace.kind, write.replace), etag: write.etag };
}
