import { armPathOf } from "../plan/arm-paths.ts";
import { isObject, join, UNKNOWN } from "../plan/engine/values.ts";

/** What a rule sees of a resource. What the engine records has it, and what Pulumi tells a policy pack. */
export interface Resource {
  /** `azure-native:web:WebApp` */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
}

export interface World {
  /** The stack's name. */
  readonly stack: string;
  readonly resources: readonly Resource[];
}

/** `web:WebApp` */
export function shortType({ type }: Pick<Resource, "type">): string {
  return type.replace(/^azure-native:/, "");
}

export function ofType({ resources }: Pick<World, "resources">, type: string): readonly Resource[] {
  const byType = typesOf.get(resources) ?? Map.groupBy(resources, shortType);
  typesOf.set(resources, byType);
  return byType.get(type) ?? [];
}

/** Rules ask the same of the same many times. */
const typesOf = new WeakMap<readonly Resource[], ReadonlyMap<string, readonly Resource[]>>();
const places = new WeakMap<Resource, string>();

/**
 * Every value at a path such as `subnets[*].name`, with its own path. A member that is missing is undefined; of an
 * empty list there are none.
 */
export function valuesAt(value: unknown, path: string): (readonly [path: string, value: unknown])[] {
  return partsOf(path).reduce<(readonly [string, unknown])[]>(
    (found, part) => found.flatMap(([where, at]) => membersOf(where, at, part)),
    [["", value]],
  );
}

function partsOf(path: string): string[] {
  return path.split(/[.[\]]/).filter((part) => part !== "");
}

function membersOf(where: string, value: unknown, part: string): (readonly [string, unknown])[] {
  if (value === UNKNOWN) return [[join(where, part), UNKNOWN]];
  if (part === "*") return Array.isArray(value) ? value.map((item, index) => [join(where, index), item] as const) : [];
  return [[join(where, part), isObject(value) ? value[part] : undefined]];
}

/** The first value at a path. */
export function valueAt({ inputs }: Resource, path: string): unknown {
  return valuesAt(inputs, path)[0]?.[1];
}

export function textAt(resource: Resource, path: string): string {
  const value = valueAt(resource, path);
  return typeof value === "string" ? value : "";
}

/** Where ARM keeps it, below the resource group, in small letters: `microsoft.storage/storageaccounts/name`. */
export function armPlace(resource: Resource): string {
  const place = places.get(resource) ?? findPlace(resource);
  places.set(resource, place);
  return place;
}

function findPlace(resource: Resource): string {
  const { template } = armPathOf(resource.type);
  const place = template.replace(/^.*\/(?:providers|\{subscriptionId\})\//, "");
  return place.replace(/\{(\w+)\}/g, (_, parameter: string) => textAt(resource, parameter)).toLowerCase();
}

/** Whether an id is this resource's. What is not known yet may be anything. */
export function isIdOf(id: unknown, resource: Resource): boolean {
  return id === UNKNOWN || (typeof id === "string" && id.toLowerCase().endsWith(`/${armPlace(resource)}`));
}

/** Whether an id is this resource's, or that of a part of it. */
export function leadsInto(id: unknown, resource: Resource): boolean {
  return isIdOf(id, resource) || (typeof id === "string" && id.toLowerCase().includes(`/${armPlace(resource)}/`));
}

/** Those of a type that an id leads to. */
export function ledTo(world: World, id: unknown, type: string): readonly Resource[] {
  return ofType(world, type).filter((resource) => isIdOf(id, resource));
}

/** Whether both say the same under these names, such as `accountName`: parts of one resource do. */
export function shares(one: Resource, other: Resource, ...names: readonly string[]): boolean {
  return names.every((name) => isSame(one.inputs[name], other.inputs[name]));
}

/** Whether two values are the same, or may be once they are known. */
export function isSame(one: unknown, other: unknown): boolean {
  return one === other || one === UNKNOWN || other === UNKNOWN;
}

/** Whether a component of this type is around the resource. */
export function isIn({ urn }: Resource, component: string): boolean {
  return urn.includes(`${component}$`);
}
