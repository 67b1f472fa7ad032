import { change } from "../../store/change.ts";
import type { IdentityDocuments } from "../documents/identity-documents.ts";
import { keepState, readOrg } from "../documents/keep-state.ts";
import type { Revoke } from "../revocations/revocations.ts";

export interface SchemaMarksDeps {
  readonly documents: IdentityDocuments;
  readonly revoke: Revoke;
  readonly now: () => number;
}

/** What an org's state says of its schemas. Both methods throw AppError `store_unavailable`. */
export function createSchemaMarks({ documents, revoke, now }: SchemaMarksDeps) {
  return {
    isMarked: async (orgId: string): Promise<boolean> => {
      await documents.catchUp(orgId);
      return (await documents.read("org_state", orgId, "state"))?.value.has_schemas ?? false;
    },
    /** Makes it say that there are, and tells every instance, which knows it within 30 seconds. Again is safe. */
    mark: async (orgId: string): Promise<void> => {
      await change(documents, orgId, async () => {
        const org = await readOrg(documents, orgId, now());
        if (org.state.has_schemas) return { writes: [], result: undefined };
        return { writes: keepState(org, (before) => ({ ...before, has_schemas: true })), result: undefined };
      });
      await revoke({ kind: "keys", orgId }, now());
    },
  };
}
