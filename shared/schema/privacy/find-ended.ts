import { pointTo } from "../json-schema.ts";
import { privacyActs, type Rules, rulesOfItem, rulesOfMember, strongestOf } from "./rules.ts";

/** Pairs of places that are looked at. What is not looked at counts as ended. */
const PLACES = 5_000;
/** More are not told. */
const TOLD = 20;

/** In no schema: whoever sends it has the rules of all other names. */
const OTHER = "\0";

/**
 * Where rules do more than those that are left do, as pointers to where a schema says so. Empty when nothing is
 * published that was kept out before.
 */
export function findEnded(rules: readonly Rules[], left: readonly Rules[]): readonly string[] {
  const ended: string[] = [];
  const ids = new Map<Rules, number>();
  const idOf = (one: Rules): number => {
    const id = ids.get(one) ?? ids.size;
    ids.set(one, id);
    return id;
  };
  const seen = new Set<string>();
  const visit = (before: readonly Rules[], after: readonly Rules[], pointer: string): void => {
    const act = strongestOf(before);
    const other = strongestOf(after);
    if (before.length === 0 || (other && (!act || privacyActs.indexOf(other) <= privacyActs.indexOf(act)))) return;
    const pair = `${before.map(idOf).join()} ${after.map(idOf).join()}`;
    if (seen.has(pair)) return;
    seen.add(pair);
    if (act || seen.size > PLACES) {
      if (ended.length < TOLD) ended.push(pointer);
      return;
    }
    for (const name of namesIn([...before, ...after]))
      visit(rulesOfMember(before, name), rulesOfMember(after, name), pointTo(pointTo(pointer, "properties"), name));
    visit(rulesOfMember(before, OTHER), rulesOfMember(after, OTHER), pointTo(pointer, "additionalProperties"));
    const items = Math.max(...[...before, ...after].map(({ first }) => first.length));
    for (let i = 0; i < items; i++)
      visit(rulesOfItem(before, i), rulesOfItem(after, i), pointTo(pointTo(pointer, "prefixItems"), i));
    visit(rulesOfItem(before, items), rulesOfItem(after, items), pointTo(pointer, "items"));
  };
  visit(rules, left, "");
  return ended;
}

function namesIn(rules: readonly Rules[]): ReadonlySet<string> {
  return new Set(rules.flatMap(({ known }) => [...known]));
}
