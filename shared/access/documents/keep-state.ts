import { boundKeys, GONE, hasExpired, type OrgStateDocument, requireWhole, stateError } from "../../org/org-state.ts";
import { reached } from "../../runtime/reached.ts";
import { change } from "../../store/change.ts";
import type { Versioned } from "../../store/versioned.ts";
import type { ApiKeyDocument, IdentityDocuments, OrgDocument, Write } from "./identity-documents.ts";
import { isWholeKey } from "./whole-key.ts";

export interface ReadOrg {
  readonly org: Versioned<OrgDocument> | undefined;
  /** As it is stored; as it must be made when it has no `etag`. */
  readonly state: OrgStateDocument;
  readonly etag: string | undefined;
}

/**
 * An org and its state. To be read before what a change is decided by: so that is not older than what the ETags stand
 * for. `at`: ms since 1970. Throws AppError `store_unavailable`, also when the state is spoiled or gone.
 */
export async function readOrg(
  documents: Pick<IdentityDocuments, "read" | "list">,
  orgId: string,
  at: number,
): Promise<ReadOrg> {
  const org = await documents.read("org", orgId, "org");
  const found = await readState(documents, orgId, org?.value);
  if (found && !found.value.has_more) return { org, state: found.value, etag: found.etag };
  if (found) reached("org-state-made-anew");
  const { suspended = false } = org?.value ?? {};
  const before: OrgStateDocument = { id: "state", kind: "org_state", org_id: orgId, keys: [], suspended };
  // What may lack keys is made anew with each change.
  const keys = keysOf(await documents.list("api_key", orgId), at);
  return { org, state: { ...(found?.value ?? before), ...keys }, etag: found?.etag };
}

/** `org` was read before: the state that it says is there must be. */
export async function readState(
  documents: Pick<IdentityDocuments, "read">,
  orgId: string,
  org: OrgDocument | undefined,
): Promise<Versioned<OrgStateDocument> | undefined> {
  const state = await documents.read("org_state", orgId, "state");
  if (state) return { ...state, value: requireWhole(state.value) };
  if (org?.has_state) throw stateError(GONE);
  return undefined;
}

/** The keys that work. One that is damaged is not among them: whoever brings it is told so. */
function keysOf(found: readonly Versioned<ApiKeyDocument>[], at: number): Pick<OrgStateDocument, "keys" | "has_more"> {
  const live = found
    .map(({ value }) => value)
    .filter((key) => key.revoked_at === undefined && !(isWholeKey(key) && hasExpired(key, at)));
  const whole = live.filter(isWholeKey);
  return boundKeys(whole, whole.length < live.length);
}

/**
 * What must be written in the transaction that changes what an org's state is made from. A state that is made meets
 * every other change of the org at the ETag of the org's document, and one that is there at its own.
 */
export function keepState(
  { org, state, etag }: ReadOrg,
  changed: (state: OrgStateDocument) => OrgStateDocument = (same) => same,
): Write[] {
  if (etag !== undefined) return [{ replace: changed(state), etag }];
  if (!org) return [];
  return [{ create: changed(state) }, { replace: { ...org.value, has_state: true }, etag: org.etag }];
}

/** Makes the state of an org that has none. Throws AppError `store_unavailable`. */
export function makeState(documents: IdentityDocuments, orgId: string, at: number): Promise<void> {
  return change(documents, orgId, async () => {
    const org = await readOrg(documents, orgId, at);
    return { writes: org.etag === undefined ? keepState(org) : [], result: undefined };
  });
}
