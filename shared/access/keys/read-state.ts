import { GONE, unreadableState } from "../../org/org-state.ts";
import type { OrgStateStore } from "../../org/org-state-store.ts";
import type { ReadState } from "../../org/org-states.ts";
import { reached } from "../../runtime/reached.ts";
import type { IdentityDocuments } from "../documents/identity-documents.ts";
import { makeState } from "../documents/keep-state.ts";

export interface ReadStateDeps {
  readonly states: OrgStateStore;
  readonly documents: IdentityDocuments;
  readonly now?: () => number;
}

/** Reads the state of an org, and makes it where there is none yet. */
export function createReadState({ states, documents, now = Date.now }: ReadStateDeps): ReadState {
  return async (orgId, known) => {
    // Again: perhaps because something has changed elsewhere, which a replica may not have yet.
    const found = await (known ? states.readLatest(orgId, known.value) : states.read(orgId));
    if (found) return found;
    const org = await documents.read("org", orgId, "org");
    if (!org) return undefined;
    if (!org.value.has_state) {
      reached("org-state-made");
      await makeState(documents, orgId, now());
    }
    const made = await states.readLatest(orgId);
    if (made) return made;
    reached("org-state-gone");
    return unreadableState(GONE);
  };
}
