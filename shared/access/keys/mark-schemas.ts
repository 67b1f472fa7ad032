import { change } from "../../store/change.ts";
import type { IdentityDocuments } from "../documents/identity-documents.ts";
import { keepState, readOrg } from "../documents/keep-state.ts";
import type { Revoke } from "../revocations/revocations.ts";

export interface MarkSchemasDeps {
  readonly documents: IdentityDocuments;
  readonly revoke: Revoke;
  readonly now: () => number;
}

/**
 * Makes an org's state say that it has schemas, and tells every instance, which knows it within 30 seconds. Throws
 * AppError `store_unavailable`; calling it again is safe.
 */
export function createMarkSchemas({ documents, revoke, now }: MarkSchemasDeps): (orgId: string) => Promise<void> {
  return async (orgId) => {
    await change(documents, orgId, async () => {
      const org = await readOrg(documents, orgId, now());
      if (org.state.has_schemas) return { writes: [], result: undefined };
      return { writes: keepState(org, (before) => ({ ...before, has_schemas: true })), result: undefined };
    });
    await revoke({ kind: "keys", orgId }, now());
  };
}
