import type { Container } from "@azure/cosmos";
import { catchUp } from "../../store/catch-up.ts";
import { type BatchWrite, commitBatch } from "../../store/commit-batch.ts";
import { queryAll, readDocument, sql } from "../../store/cosmos.ts";
import { readable, stamp } from "../../store/formats.ts";
import { toVersioned } from "../../store/versioned.ts";
import type {
  AuditDocument,
  AuditQuery,
  DocumentOf,
  IdentityDocuments,
  Kind,
  SessionDocument,
  Write,
} from "./identity-documents.ts";

type Stored<T> = T & { readonly _etag: string };

export interface CosmosIdentityOptions {
  /** Seconds for which a line of the audit trail is kept after it is written; for ever without it. */
  readonly auditSeconds?: number | undefined;
}

export function createCosmosIdentityDocuments(
  container: Container,
  { auditSeconds }: CosmosIdentityOptions = {},
): IdentityDocuments {
  return {
    catchUp: (orgId) => catchUp(container, orgId),
    read: async <K extends Kind>(kind: K, orgId: string, id: string) => {
      const found = await readDocument<Stored<DocumentOf<K>>>(container, id, orgId);
      return found?.kind === kind ? toVersioned<DocumentOf<K>>(readable(kind, found)) : undefined;
    },
    list: async <K extends Kind>(kind: K, orgId: string) => {
      const query = sql("SELECT * FROM c WHERE c.org_id = @org AND c.kind = @kind", { org: orgId, kind });
      const found = await queryAll<Stored<DocumentOf<K>>>(container, query, { partitionKey: orgId });
      return found.map((document) => toVersioned<DocumentOf<K>>(readable(kind, document)));
    },
    listSessions: async (orgId, memberId) => {
      const where = `c.org_id = @org AND c.kind = "session"${memberId === undefined ? "" : " AND c.member_id = @member"}`;
      const values = memberId === undefined ? { org: orgId } : { org: orgId, member: memberId };
      const query = sql(`SELECT * FROM c WHERE ${where}`, values);
      const found = await queryAll<Stored<SessionDocument>>(container, query, { partitionKey: orgId });
      return found.map((document) => toVersioned<SessionDocument>(readable("session", document)));
    },
    findAudit: (orgId, query) => findAudit(container, orgId, query),
    commit: (orgId, writes) => {
      const all = auditSeconds === undefined ? writes : writes.map(expiring(auditSeconds));
      return commitBatch(container, orgId, all.map(stamped));
    },
  };
}

function expiring(ttl: number): (write: Write) => Write {
  return (write) => ("create" in write && write.create.kind === "audit" ? { create: { ...write.create, ttl } } : write);
}

async function findAudit(
  container: Container,
  orgId: string,
  { limit, after, ...filters }: AuditQuery,
): Promise<AuditDocument[]> {
  const conditions = ["c.org_id = @org", `c.kind = "audit"`];
  const { action, actor, from, to } = filters;
  if (action !== undefined) conditions.push("c.action = @action");
  if (actor !== undefined) conditions.push("c.actor = @actor");
  if (from !== undefined) conditions.push("c.timestamp >= @from");
  if (to !== undefined) conditions.push("c.timestamp < @to");
  if (after) conditions.push("(c.timestamp < @timestamp OR (c.timestamp = @timestamp AND c.id < @id))");
  const where = conditions.join(" AND ");
  // The org changes no order, and lets a composite index serve the page, however many orgs lie beside it
  // (docs/adr/0020).
  const order = "c.org_id DESC, c.timestamp DESC, c.id DESC";
  const query = sql(`SELECT TOP ${limit} * FROM c WHERE ${where} ORDER BY ${order}`, {
    ...{ org: orgId, ...filters, ...after },
  });
  const found = await queryAll<Stored<AuditDocument>>(container, query, { partitionKey: orgId });
  return found.map((document) => toVersioned<AuditDocument>(document).value);
}

function stamped(write: Write): BatchWrite {
  if ("create" in write) return { create: stamp(write.create.kind, write.create) };
  return { replace: stamp(write.replace.kind, write.replace), etag: write.etag };
}
