/**
 * The steps that one comparison may take. References can make a small schema mean a very large one, and both are
 * written by tenants: what is not compared by then counts as not decided.
 */
export interface Budget {
  /** False when nothing is left. */
  spend(steps?: number): boolean;
}

export function createBudget(steps: number): Budget {
  let left = steps;
  return {
    spend: (wanted = 1) => {
      left -= wanted;
      return left > 0;
    },
  };
}
