import { auditDocument } from "../access/documents/audit-entry.ts";
import type { TellJob } from "../jobs/tell-job.ts";
import type { TellAct } from "../quarantine/quarantine-act.ts";
import type { Adapters } from "./adapters.ts";

/** Acts on events in quarantine, and jobs, are told under ids of their own, so that a try again tells nothing twice. */
export function createTellAct({ documents }: Pick<Adapters, "documents">): TellAct & TellJob {
  return async (orgId: string, { auditId, at, actor, ...entry }: Parameters<TellAct | TellJob>[1]) => {
    await documents.commit(orgId, [{ create: auditDocument(orgId, actor, Date.parse(at), entry, auditId) }]);
  };
}
