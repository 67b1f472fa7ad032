import { type Answer, Refreshed, type RefreshRules } from "../runtime/refreshed.ts";
import { createOrgMemory } from "./org-memory.ts";
import type { OrgState } from "./org-state.ts";

/** Undefined when there is no such org. */
export type KnownState = Refreshed<OrgState | undefined>;

/** `known`: the last answer, if there is one. */
export type ReadState = (
  orgId: string,
  known: Answer<OrgState | undefined> | undefined,
) => Promise<OrgState | undefined>;

/** The states of orgs as an instance knows them. */
export interface OrgStates {
  find(orgId: string): KnownState | undefined;
  /** The same, or one that was not asked for yet. */
  open(orgId: string): KnownState;
}

export interface OrgStatesOptions {
  readonly rules: RefreshRules;
  /** Most keys remembered at once, those of all orgs together. An org counts as one more. Default: 50,000. */
  readonly remembered?: number;
}

/** An org takes a hundredth of the memory at most: a state has a bound (`MOST_IN_STATE`). */
export function createOrgStates(read: ReadState, { rules, remembered = 50_000 }: OrgStatesOptions): OrgStates {
  const memory = createOrgMemory<KnownState>(remembered);
  const make = (orgId: string): KnownState => {
    const known: KnownState = new Refreshed(async () => {
      const state = await read(orgId, known.held);
      memory.remember(orgId, known, state ? 1 + state.keys.size : 0);
      return state;
    }, rules);
    memory.remember(orgId, known, 0);
    return known;
  };
  return { find: memory.find, open: (orgId) => memory.find(orgId) ?? make(orgId) };
}
