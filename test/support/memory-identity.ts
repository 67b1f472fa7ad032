import type {
  AuditDocument,
  DocumentOf,
  IdentityDocument,
  IdentityDocuments,
  Kind,
  SessionDocument,
} from "../../shared/access/documents/identity-documents.ts";
import type { Versioned } from "../../shared/store/versioned.ts";

/** The container `identity`, in memory: by org and id. */
export type IdentityContainer = Map<string, Versioned<IdentityDocument>>;

export function identityKey(orgId: string, id: string): string {
  return `${orgId}\0${id}`;
}

let lastEtag = 0;
export function keepIdentity(container: IdentityContainer, value: IdentityDocument): void {
  container.set(identityKey(value.org_id, value.id), { value, etag: String(++lastEtag) });
}

/** Identity documents in memory. They pass the same contract suite as those in Cosmos DB. */
export function createMemoryIdentityDocuments(kept: IdentityContainer = new Map()): IdentityDocuments {
  const ofOrg = <K extends Kind>(orgId: string, kind: K): Versioned<DocumentOf<K>>[] =>
    [...kept.values()].filter((one): one is Versioned<DocumentOf<K>> => {
      return one.value.org_id === orgId && one.value.kind === kind;
    });
  return {
    catchUp: async () => undefined,
    read: async <K extends Kind>(kind: K, orgId: string, id: string) => {
      const found = kept.get(identityKey(orgId, id));
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
        if ("create" in write) return !kept.has(identityKey(orgId, write.create.id));
        return kept.get(identityKey(orgId, write.replace.id))?.etag === write.etag;
      });
      if (!holds) return false;
      for (const write of writes) keepIdentity(kept, "create" in write ? write.create : write.replace);
      return true;
    },
  };
}

function orderOf({ timestamp, id }: Pick<AuditDocument, "timestamp" | "id">): string {
  return `${timestamp} ${id}`;
}
