import type { Registration } from "../../../infra/plan/engine/registration.ts";
import { isObject, join } from "../../../infra/plan/engine/values.ts";
import type { Run } from "../../../infra/plan/run-program.ts";

type Registrations = readonly Registration[];

interface Named {
  readonly type: string;
  readonly name: string;
}

/** All of a type: `web:WebApp`, or a component's whole type. */
export function ofType<T extends Named>(registrations: readonly T[], type: string): T[] {
  return registrations.filter(
    (registration) => registration.type === type || registration.type === `azure-native:${type}`,
  );
}

/** The one of a type and, where there are several, of this name. Throws an Error unless it is one. */
export function theOne<T extends Named>(registrations: readonly T[], type: string, name?: string): T {
  const found = ofType(registrations, type).filter((registration) => name === undefined || registration.name === name);
  const [one, ...more] = found;
  if (one === undefined || more.length > 0)
    throw new Error(`${found.length} registrations of ${type}${name === undefined ? "" : ` called ${name}`}, not one`);
  return one;
}

/** The value at a path such as `sku.name` or `subnets[0].name`; undefined where there is none. */
export function at(registration: Registration, path: string): unknown {
  return partsOf(path).reduce<unknown>(
    (value, part) => (isObject(value) || Array.isArray(value) ? (value as Record<string, unknown>)[part] : undefined),
    registration.inputs,
  );
}

/** ARM's id of a resource after a run that was no preview. */
export function idOf(run: Run, registration: Registration): string {
  return run.state[registration.urn]?.id ?? "";
}

/** The resource with this id, or the one that it is a part of: a subnet's id leads to its network. */
export function byId(run: Run, id: unknown): Registration | undefined {
  if (typeof id !== "string" || id === "") return undefined;
  const found = run.registrations.filter((registration) => {
    const own = idOf(run, registration);
    return own !== "" && (own === id || id.startsWith(`${own}/`));
  });
  return found.sort((one, other) => idOf(run, other).length - idOf(run, one).length)[0];
}

/** The resources that one property's value comes from. */
export function sourcesOf(registrations: Registrations, registration: Registration, property: string): Registration[] {
  const urns = registration.propertyDependencies[property] ?? [];
  return registrations.filter(({ urn }) => urns.includes(urn));
}

/** Whether `later` waits for `earlier`: by a property, by `dependsOn`, or through what it waits for. */
export function waitsFor(registrations: Registrations, later: Registration, earlier: Registration): boolean {
  const byUrn = new Map(registrations.map((registration) => [registration.urn, registration]));
  const seen = new Set<string>();
  const queue = [...later.dependencies];
  for (let urn = queue.pop(); urn !== undefined; urn = queue.pop()) {
    if (urn === earlier.urn) return true;
    if (seen.has(urn)) continue;
    seen.add(urn);
    queue.push(...(byUrn.get(urn)?.dependencies ?? []));
  }
  return false;
}

/** Every value in the inputs with its path, containers left out. */
export function* leavesOf(value: unknown, path = ""): Generator<readonly [path: string, value: unknown]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* leavesOf(item, join(path, index));
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* leavesOf(item, join(path, key));
  } else {
    yield [path, value];
  }
}

function partsOf(path: string): string[] {
  return path.split(/[.[\]]/).filter((part) => part !== "");
}
