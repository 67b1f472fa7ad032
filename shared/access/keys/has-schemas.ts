import type { OrgState } from "../../org/org-state.ts";
import type { OrgStates } from "../../org/org-states.ts";
import { reached } from "../../runtime/reached.ts";
import type { RevocationWatch } from "../revocations/revocation-watch.ts";
import { KEY_GRACE_MS, UNREADABLE_MS, UNTOLD_MS } from "./org-keys.ts";
import { freshOf } from "./other-keys.ts";

export interface HasSchemasDeps {
  /** The same that API keys are looked up in: of a request with a key, the answer is there. */
  readonly states: OrgStates;
  readonly revocations: Pick<RevocationWatch, "isCurrent">;
}

/**
 * Whether an org's state says that it has schemas. While the store is away, it is what was known before. Rejects when
 * nobody can tell.
 */
export function createHasSchemas(
  { states, revocations }: HasSchemasDeps,
  { now = Date.now }: { readonly now?: () => number } = {},
): (orgId: string) => Promise<boolean> {
  const ask = async (orgId: string): Promise<OrgState | undefined> => {
    const known = states.open(orgId);
    const { held } = known;
    const freshMs = (await revocations.isCurrent()) ? Number.POSITIVE_INFINITY : UNTOLD_MS;
    const fresh = freshOf(known, held?.value?.unreadable === undefined ? freshMs : UNREADABLE_MS, now());
    if (fresh) return fresh.value;
    return known.askTogether().then(
      ({ value }) => value,
      (error: unknown) => {
        if (!held || Math.abs(now() - held.askedAt) >= KEY_GRACE_MS) throw error;
        reached("schemas-as-state-last-said");
        return held.value;
      },
    );
  };
  return async (orgId) => {
    const state = await ask(orgId);
    if (state?.unreadable !== undefined) throw new Error(state.unreadable);
    return state?.hasSchemas ?? false;
  };
}
