import type { Registration } from "../../../infra/plan/engine/registration.ts";
import { isObject, join } from "../../../infra/plan/engine/values.ts";

export interface Mutation {
  /** `web:WebApp app: httpsOnly: true becomes false` */
  readonly what: string;
  readonly type: string;
  readonly name: string;
  readonly path: string;
  /** All registrations, of which this one differs. The others are the recorded ones themselves. */
  readonly registrations: readonly Registration[];
}

/** What a value turns into; `undefined` is the property taken out. An empty list: nothing worth trying. */
export type Flip = (value: unknown, path: string, registration: Registration) => readonly unknown[];

/** What opens what was closed, and weakens what was strong. */
const opposites: Readonly<Record<string, string>> = {
  Disabled: "Enabled",
  Enabled: "Disabled",
  Deny: "Allow",
  Allow: "Deny",
  None: "AzureServices",
  Block: "Log",
  Prevention: "Detection",
  HttpsOnly: "MatchRequest",
  Https: "Http",
  NetworkSecurityGroupEnabled: "Disabled",
  UserAssignedIdentity: "StorageAccountConnectionString",
  Continuous: "Periodic",
  "1.2": "1.0",
  TLS1_2: "TLS1_0",
  Tls12: "Tls",
  TLS12: "TLS10",
};

/**
 * Booleans turned round, words into their opposite or altered, numbers moved, lists emptied; and all of it taken out.
 */
export const everyFlip: Flip = (value) => {
  if (typeof value === "boolean") return [!value, undefined];
  if (typeof value === "number") return [value + 1, undefined];
  if (typeof value === "string") return [opposites[value] ?? `${value}x`, undefined];
  return Array.isArray(value) && value.length > 0 ? [[], undefined] : [undefined];
};

/**
 * Copies of the registrations with one input flipped or removed in each, lazily: by default each property, lists and
 * objects as wholes too. `protect` counts as a property of its own: it is taken off.
 */
export function* mutate(registrations: readonly Registration[], flip: Flip = everyFlip): Generator<Mutation> {
  for (const [index, registration] of registrations.entries()) {
    const replace = (changed: Registration): readonly Registration[] => registrations.with(index, changed);
    const { type, name } = registration;
    const label = `${type.replace("azure-native:", "")} ${name}`;
    if (registration.protect)
      yield {
        what: `${label}: protect is gone`,
        type,
        name,
        path: "protect",
        registrations: replace({ ...registration, protect: false }),
      };
    for (const [parts, value] of nodesOf(registration.inputs, [])) {
      const path = parts.reduce(join, "");
      for (const next of flip(value, path, registration)) {
        const inputs = withValue(registration.inputs, parts, next) as Registration["inputs"];
        const what = `${label}: ${path}: ${brief(value)} ${next === undefined ? "is gone" : `becomes ${brief(next)}`}`;
        yield { what, type, name, path, registrations: replace({ ...registration, inputs }) };
      }
    }
  }
}

/** One whole resource less in each. */
export function* withoutEach(registrations: readonly Registration[]): Generator<Mutation> {
  for (const [index, { type, name }] of registrations.entries())
    yield {
      what: `${type.replace("azure-native:", "")} ${name} is gone`,
      type,
      name,
      path: "",
      registrations: registrations.toSpliced(index, 1),
    };
}

type Parts = readonly (string | number)[];

function* nodesOf(value: unknown, parts: Parts): Generator<readonly [parts: Parts, value: unknown]> {
  if (parts.length > 0) yield [parts, value];
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* nodesOf(item, [...parts, index]);
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) yield* nodesOf(item, [...parts, key]);
}

/** A copy with another value at a path; `undefined` takes it out. */
export function withValue(container: unknown, [part = "", ...rest]: Parts, value: unknown): unknown {
  if (Array.isArray(container)) {
    const index = Number(part);
    if (rest.length > 0) return container.with(index, withValue(container[index], rest, value));
    return value === undefined ? container.toSpliced(index, 1) : container.with(index, value);
  }
  const { [part]: current, ...others } = isObject(container) ? container : {};
  const next = rest.length > 0 ? withValue(current, rest, value) : value;
  return next === undefined ? others : { ...others, [part]: next };
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
