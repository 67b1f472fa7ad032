import type {
  AuditDocument,
  DocumentOf,
  IdentityDocument,
  IdentityDocuments,
  Kind,
  SessionDocument,
  Versioned,
} from "../../shared/access/documents/identity-documents.ts";

/** An adapter in memory for properties over interleavings. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryIdentityDocuments(): IdentityDocuments {
  const kept = new Map<string, Versioned<IdentityDocument>>();
  let lastEtag = 0;
  const keyOf = (orgId: string, id: string): string => `${orgId}\0${id}`;
  const ofOrg = <K extends Kind>(orgId: string, kind: K): Versioned<DocumentOf<K>>[] =>
    [...kept.values()].filter((one): one is Versioned<DocumentOf<K>> => {
      return one.value.org_id === orgId && one.value.kind === kind;
    });
  return {
    read: async <K extends Kind>(kind: K, orgId: string, id: string) => {
      const found = kept.get(keyOf(orgId, id));
      return found?.value.kind === kind ? (found as Versioned<DocumentOf<K>>) : undefined;
    },
    list: async (kind, orgId) => ofOrg(orgId, kind),
    listSessions: async (orgId, memberId) =>
      (ofOrg(orgId, "session") as Versioned<SessionDocument>[]).filter(
        ({ value }) => memberId === undefined || value.member_id === memberId,
      ),
    findAudit: async (orgId, { limit, after, action, actor, from, to }) =>
      (ofOrg(orgId, "audit") as Versioned<AuditDocument>[])
        .map(({ value }) => value)
        .filter((entry) => action === undefined || entry.action === action)
        .filter((entry) => actor === undefined || entry.actor === actor)
        .filter(({ timestamp }) => (from === undefined || timestamp >= from) && (to === undefined || timestamp < to))
        .sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1))
        .filter((entry) => !after || orderOf(entry) < orderOf(after))
        .slice(0, limit),
    commit: async (orgId, writes) => {
      const holds = writes.every((write) => {
        if ("create" in write) return !kept.has(keyOf(orgId, write.create.id));
        return kept.get(keyOf(orgId, write.replace.id))?.etag === write.etag;
      });
      if (!holds) return false;
      for (const write of writes) {
        const value = "create" in write ? write.create : write.replace;
        kept.set(keyOf(orgId, value.id), { value, etag: String(++lastEtag) });
      }
      return true;
    },
  };
}

function orderOf({ timestamp, id }: Pick<AuditDocument, "timestamp" | "id">): string {
  return `${timestamp} ${id}`;
}
