import type { Rules } from "./rule.ts";
import { rulesOfBranches } from "./rules-of-branches.ts";
import { rulesOfLists } from "./rules-of-lists.ts";
import { rulesOfObjects } from "./rules-of-objects.ts";
import { rulesOfValues } from "./rules-of-values.ts";

const nothing = { find: () => [] };

/** Every keyword of 2020-12 that refuses values. One that is not here counts as not decided. */
export const allRules: Rules = {
  ...rulesOfValues,
  ...rulesOfObjects,
  ...rulesOfLists,
  ...rulesOfBranches,
  // They belong to `contains`.
  minContains: nothing,
  maxContains: nothing,
};
