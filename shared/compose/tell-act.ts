import { auditDocument } from "../access/documents/audit-entry.ts";
import type { TellAct } from "../quarantine/quarantine-act.ts";
import type { Adapters } from "./adapters.ts";

/** Acts on events in quarantine are told under an id of their own, so that a try again tells nothing twice. */
export function createTellAct({ documents }: Pick<Adapters, "documents">): TellAct {
  return async (orgId, { auditId, at, actor, ...entry }) => {
    await documents.commit(orgId, [{ create: auditDocument(orgId, actor, Date.parse(at), entry, auditId) }]);
  };
}
