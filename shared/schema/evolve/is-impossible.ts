import type { Atom } from "./atoms.ts";
import type { Budget } from "./budget.ts";
import { atomsOfMeasure, isEmptyRange, type Measure, rangeOf } from "./facts.ts";
import { memberOf, requiredOf } from "./objects.ts";
import { type View, valuesOf } from "./values.ts";
import { casesOf } from "./view.ts";

/** How far down required members are looked at. */
const DEEPEST = 4;

/** Whether surely no value fits. False says nothing. */
export function isImpossible(view: View, budget: Budget, depth = 0): boolean {
  if (!budget.spend()) return false;
  if (valuesOf(view)?.length === 0) return true;
  return [...view.atoms].every((atom) => isAtomImpossible(view, atom, budget, depth));
}

function isAtomImpossible(view: View, atom: Atom, budget: Budget, depth: number): boolean {
  const kind = (Object.keys(atomsOfMeasure) as Measure[]).find((one) => atomsOfMeasure[one].includes(atom));
  const range = kind && rangeOf(view, kind);
  if (kind && (!range || isEmptyRange(range))) return true;
  return atom === "object" && depth < DEEPEST && isMemberImpossible(view, budget, depth);
}

function isMemberImpossible(view: View, budget: Budget, depth: number): boolean {
  return [...requiredOf(view)].some((name) =>
    casesOf(memberOf(view, name), budget).every((member) => isImpossible(member, budget, depth + 1)),
  );
}
