import { UNKNOWN } from "../plan/engine/values.ts";
import type { Condition } from "./conditions.ts";
import { type Resource, shortType, valuesAt, type World } from "./resource.ts";
import type { Held, Rule } from "./rule.ts";

export interface Finding {
  readonly rule: Rule;
  readonly resource: Resource;
  /** `web:WebApp app: httpsOnly is false, and true is wanted` */
  readonly message: string;
}

/** Where a rule's condition does not hold for a resource of its type. What is not known yet may hold. */
export function* findBroken(rule: Rule, check: Condition, resource: Resource, world: World): Generator<Finding> {
  const { inputs } = resource;
  const values = rule.property === "" ? [["", inputs] as const] : valuesAt(inputs, rule.property);
  for (const [path, value] of values) {
    if (check.holds(value, { resource, world, path }) || isOpen(value)) continue;
    const what = path === "" ? "it" : `${path} is ${JSON.stringify(value) ?? "missing"}`;
    const message = `${shortType(resource)} ${resource.name}: ${what}, and ${check.wanted} is wanted`;
    yield { rule, resource, message };
  }
}

/** Whether some of it is not known yet: then nothing can be said before the update. */
function isOpen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === UNKNOWN;
  return Object.values(value).some(isOpen);
}

export function isHeld(rule: Rule): rule is Held {
  return rule.verdict === "must" || rule.verdict === "prod";
}

/** Whether a rule counts in a stack for a resource. */
export function appliesTo(rule: Held, resource: Resource, stack: string): boolean {
  if (rule.verdict === "prod" && stack === "dev") return false;
  if (!resource.type.startsWith("azure-native:")) return false;
  return (
    (rule.type === "*" || shortType(resource) === rule.type) &&
    !(rule.except && resource.urn.includes(`${rule.except.within}$`))
  );
}

/** Everything in a stack that breaks a rule which is held, as it is found. */
export function* findAllBroken(rules: readonly Rule[], world: World): Generator<Finding> {
  for (const rule of rules.filter(isHeld))
    for (const resource of world.resources)
      if (appliesTo(rule, resource, world.stack)) yield* findBroken(rule, rule.check, resource, world);
}
