import type { OrgState } from "./org-state.ts";

/** What is stored of orgs' states. Both methods throw AppError `store_unavailable`. */
export interface OrgStateStore {
  /**
   * Undefined when the org has none; one that is damaged or of a newer release is `unreadable`. `known`: what an
   * earlier call gave, which is given again when it has not changed.
   */
  read(orgId: string, known?: OrgState): Promise<OrgState | undefined>;
  /** The same, and sees what any instance has written before this call. */
  readLatest(orgId: string, known?: OrgState): Promise<OrgState | undefined>;
}
