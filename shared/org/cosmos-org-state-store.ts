import type { Container } from "@azure/cosmos";
import { catchUp } from "../store/catch-up.ts";
import { readChanged } from "../store/cosmos.ts";
import { type OrgState, type OrgStateDocument, toOrgState } from "./org-state.ts";
import type { OrgStateStore } from "./org-state-store.ts";

/** A point read: 1 RU up to 1 KB, which is 6 keys. */
export function createCosmosOrgStateStore(container: Container): OrgStateStore {
  const read = async (orgId: string, known?: OrgState): Promise<OrgState | undefined> => {
    const found = await readChanged<OrgStateDocument & { readonly _etag: string }>(
      container,
      "state",
      orgId,
      known?.etag,
    );
    if (found === "unchanged") return known;
    return found && toOrgState(found, found._etag);
  };
  return {
    read,
    readLatest: async (orgId, known) => {
      await catchUp(container, orgId);
      return read(orgId, known);
    },
  };
}
