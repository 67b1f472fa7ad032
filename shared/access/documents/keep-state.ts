import { type OrgStateDocument, requireWhole, stateError } from "../../org/org-state.ts";
import type { IdentityDocuments, OrgDocument, Versioned, Write } from "./identity-documents.ts";

export interface ReadOrg {
  readonly org: Versioned<OrgDocument> | undefined;
  readonly state: Versioned<OrgStateDocument> | undefined;
}

/**
 * An org and its state. To be read before what a change is decided by: so that is not older than what the ETags stand
 * for. Throws AppError `store_unavailable`, also when the state is spoiled or gone.
 */
export async function readOrg(documents: Pick<IdentityDocuments, "read">, orgId: string): Promise<ReadOrg> {
  const org = await documents.read("org", orgId, "org");
  return { org, state: await readState(documents, orgId, org?.value) };
}

/** `org` was read before: the state that it says is there must be. */
export async function readState(
  documents: Pick<IdentityDocuments, "read">,
  orgId: string,
  org: OrgDocument | undefined,
): Promise<Versioned<OrgStateDocument> | undefined> {
  const state = await documents.read("org_state", orgId, "state");
  if (state) return { ...state, value: requireWhole(state.value) };
  if (org?.has_state) throw stateError("the org's state is gone");
  return undefined;
}

/**
 * What must be written in the transaction that changes what an org's state is made from. An org without a state gets
 * its own document written anew as it is: whoever makes the state from what is there now meets this change at its ETag,
 * and looks again.
 */
export function keepState({ org, state }: ReadOrg, change: (state: OrgStateDocument) => OrgStateDocument): Write[] {
  if (state) return [{ replace: change(state.value), etag: state.etag }];
  return org ? [{ replace: org.value, etag: org.etag }] : [];
}
