import { toOrgState } from "../../shared/org/org-state.ts";
import type { OrgStateStore } from "../../shared/org/org-state-store.ts";
import { type IdentityContainer, identityKey } from "./memory-identity.ts";
import { call, type MemoryService } from "./memory-service.ts";

/** What it shares with other stores of the same service: it counts how often it was asked, away or not. */
export type AskedService = MemoryService & { asked: number };

/** Reads what `createMemoryIdentityDocuments` keeps. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryOrgStateStore(
  container: IdentityContainer,
  service: AskedService = { away: false, hanging: undefined, asked: 0 },
): OrgStateStore {
  const read: OrgStateStore["read"] = (orgId, known) => {
    service.asked++;
    return call(service, () => {
      const found = container.get(identityKey(orgId, "state"));
      if (found?.value.kind !== "org_state") return undefined;
      return found.etag === known?.etag ? known : toOrgState(found.value, found.etag);
    });
  };
  return { read, readLatest: read };
}
