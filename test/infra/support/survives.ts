import type { Condition } from "../../../infra/policy/conditions.ts";
import { appliesTo, findBroken, isHeld } from "../../../infra/policy/find-broken.ts";
import type { Resource, World } from "../../../infra/policy/resource.ts";
import type { Held, Rule } from "../../../infra/policy/rule.ts";

/**
 * Whether no rule finds what differs from the recorded registrations, which break none. Those of the changed resource
 * are asked first.
 */
export function createSurvives(rules: readonly Rule[], stack: string, recorded: readonly Resource[]) {
  const held = rules.filter(isHeld);
  const across = held.filter(({ check }) => check.across);
  const known = new Set(recorded);
  const breaks = (some: readonly Held[], resource: Resource, world: World): boolean =>
    some.some((rule) => appliesTo(rule, resource, stack) && isBroken(rule, rule.check, resource, world));
  return (resources: readonly Resource[]): boolean => {
    const world = { stack, resources };
    const changed = resources.filter((resource) => !known.has(resource));
    return (
      !changed.some((resource) => breaks(held, resource, world)) &&
      !resources.some((resource) => known.has(resource) && breaks(across, resource, world))
    );
  };
}

function isBroken(rule: Rule, check: Condition, resource: Resource, world: World): boolean {
  return findBroken(rule, check, resource, world).next().done !== true;
}
