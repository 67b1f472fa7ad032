import type { CompatibilityRule } from "../../shared/schema/evolve/find-breaks.ts";

/** What each rule asks: of the version before, and of all of them. */
const asks: Readonly<Record<CompatibilityRule, readonly string[]>> = {
  none: [],
  backward: ["backward"],
  backward_transitive: ["backward", "backward of all"],
  forward: ["forward"],
  forward_transitive: ["forward", "forward of all"],
  full: ["backward", "forward"],
  full_transitive: ["backward", "forward", "backward of all", "forward of all"],
};

/** Whether a rule lets anything through that the other one refuses. One that is not known here asks for nothing. */
export function loosens(rule: CompatibilityRule, before: string): boolean {
  const known = Object.hasOwn(asks, before) ? asks[before as CompatibilityRule] : [];
  return known.some((one) => !asks[rule].includes(one));
}
