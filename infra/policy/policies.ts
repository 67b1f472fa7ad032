import type { Policies, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { UNKNOWN } from "../plan/engine/values.ts";
import { appliesTo, findBroken, isHeld } from "./find-broken.ts";
import type { Resource, World } from "./resource.ts";
import type { Held, Rule } from "./rule.ts";

/**
 * What was asked for, by URN. Of a whole stack Pulumi tells only what Azure answered, and the rules are about what was
 * asked.
 */
type Asked = Map<string, Resource>;

/**
 * Two policies for each topic of the table: one for each resource by itself, before it is made; one for the stack as a
 * whole. A rule that hangs on what a preview doesn't know yet is held at the update.
 */
export function policiesOf(topics: Readonly<Record<string, readonly Rule[]>>): Policies {
  const asked: Asked = new Map();
  return Object.entries(topics).flatMap(([topic, rules]) => {
    const held = rules.filter(isHeld);
    return [
      ofEach(
        topic,
        held.filter(({ check }) => !check.across),
        asked,
      ),
      ofStack(
        topic,
        held.filter(({ check }) => check.across),
        asked,
      ),
    ];
  });
}

/** Which rules are let go: by the policy's own configuration. */
const configSchema = {
  properties: { except: { type: "array", items: { type: "string" }, description: "Ids of rules that do not count" } },
} as const;

function ofEach(topic: string, rules: readonly Held[], asked: Asked): ResourceValidationPolicy {
  return {
    name: `headrace-${topic}`,
    description: describe(topic, rules),
    configSchema: configSchema as never,
    validateResource: (args, report) => {
      const { type, name, urn, opts } = args;
      const resource = { type, name, urn, inputs: toPlain(args.props) as Resource["inputs"], protect: opts.protect };
      asked.set(urn, resource);
      const world = { stack: stackOf(urn), resources: [resource] };
      for (const message of findMessages(rules, args.getConfig(), resource, world)) report(message);
    },
  };
}

function ofStack(topic: string, rules: readonly Held[], asked: Asked): StackValidationPolicy {
  return {
    name: `headrace-${topic}-together`,
    description: describe(topic, rules),
    configSchema: configSchema as never,
    validateStack: (args, report) => {
      const resources = args.resources.flatMap(({ urn }) => asked.get(urn) ?? []);
      for (const resource of resources)
        for (const message of findMessages(rules, args.getConfig(), resource, {
          stack: stackOf(resource.urn),
          resources,
        }))
          report(message, resource.urn);
    },
  };
}

function findMessages(
  rules: readonly Held[],
  { except = [] }: { readonly except?: readonly string[] },
  resource: Resource,
  world: World,
): string[] {
  return rules
    .filter((rule) => !rule.ids.some((id) => except.includes(id)) && appliesTo(rule, resource, world.stack))
    .flatMap((rule) =>
      [...findBroken(rule, rule.check, resource, world)].map(({ message }) => `${rule.ids.join(", ")}: ${message}`),
    );
}

function describe(topic: string, rules: readonly Held[]): string {
  return `What has to hold of ${topic}: ${rules.length} rules, by the ids of PSRule for Azure, Checkov and Trivy`;
}

function stackOf(urn: string): string {
  return /^urn:pulumi:([^:]+)::/.exec(urn)?.[1] ?? "";
}

/** The properties without Pulumi's guard, which throws where a value is not known yet. */
function toPlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const container = value as Record<string, unknown>;
  const entries = Object.keys(container).map((key) => [key, toPlain(readOrUnknown(container, key))] as const);
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function readOrUnknown(container: Record<string, unknown>, key: string): unknown {
  try {
    return container[key];
  } catch {
    return UNKNOWN;
  }
}
