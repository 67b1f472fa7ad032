import { auditDocument } from "../access/documents/audit-entry.ts";
import type { ActLine } from "../quarantine/quarantine-act.ts";
import type { RegistryLine } from "../schema/registry/registry-documents.ts";
import type { Adapters } from "./adapters.ts";

/** What is done in other containers is told under an id of its own, so that a try again tells nothing twice. */
export function createTellAct({
  documents,
}: Pick<Adapters, "documents">): (orgId: string, line: ActLine | RegistryLine) => Promise<void> {
  return async (orgId, { auditId, at, actor, ...entry }) => {
    await documents.commit(orgId, [{ create: auditDocument(orgId, actor, Date.parse(at), entry, auditId) }]);
  };
}
