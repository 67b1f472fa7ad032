import { change } from "../../shared/access/documents/change.ts";
import type { IdentityDocuments, Write } from "../../shared/access/documents/identity-documents.ts";
import { readOrg } from "../../shared/access/documents/keep-state.ts";
import { type OrgStateDocument, withKey } from "../../shared/org/org-state.ts";

/** Makes the state of an org as 0.7.0 does at its first need, unless there is one. */
export function makeNextState(documents: IdentityDocuments, orgId: string, at: number): Promise<void> {
  return change(documents, orgId, async () => {
    const { org, state } = await readOrg(documents, orgId);
    if (state || !org) return { writes: [], result: undefined };
    const live = (await documents.list("api_key", orgId)).filter(({ value }) => value.revoked_at === undefined);
    const { suspended = false } = org.value;
    const empty: OrgStateDocument = { id: "state", kind: "org_state", org_id: orgId, keys: [], suspended };
    const create = live.reduce((sum, { value }) => withKey(sum, value, at), empty);
    const replace = { ...org.value, has_state: true };
    const writes: Write[] = [{ replace, etag: org.etag }, { create }];
    return { writes, result: undefined };
  });
}
