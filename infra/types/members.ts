import type { Properties } from "../plan/engine/values.ts";
import type { AzureType, Member, ObjectType, PublishedType } from "./published.ts";

/** azure-native's own names for what ARM calls otherwise. */
const renamed: Readonly<Record<string, string>> = {
  enableHttpsTrafficOnly: "supportsHttpsTrafficOnly",
  enableNfsV3: "isNfsV3Enabled",
  networkRuleSet: "networkAcls",
};

/** What azure-native lifts besides `properties`, by the type that it is in. */
const alsoLifted: Readonly<Record<string, readonly string[]>> = { PolicySettings: ["logScrubbing"] };

export interface Members {
  find(name: string): Member | undefined;
  /** Names of what must be given. */
  readonly required: readonly string[];
  readonly additional: ObjectType["additionalProperties"];
}

/**
 * An object type for this value: of several that a member tells apart, the one that the value names. Undefined: none
 * is named so.
 */
export function objectFor(type: AzureType, value: Properties, published: PublishedType): ObjectType | undefined {
  if (type.$type === "ObjectType") return type;
  if (type.$type !== "DiscriminatedObjectType") return undefined;
  const [, kind] = Object.entries(value).find(([name]) => same(name, type.discriminator)) ?? [];
  const [, element] = Object.entries(type.elements).find(([name]) => name === kind) ?? [];
  const named = element && published.at(element);
  if (named?.$type !== "ObjectType") return undefined;
  return { ...named, properties: { ...type.baseProperties, ...named.properties } };
}

/** An object's members as azure-native has them: those of `properties` stand beside the others, at every depth. */
export function membersOf(type: ObjectType, value: Properties, published: PublishedType): Members {
  const own = Object.entries(type.properties);
  const containers = ["properties", ...(alsoLifted[type.name] ?? [])].filter((name) => !(name in value));
  const lifts = containers.flatMap((name) => liftFrom(name, type, value, published));
  const find = (name: string) => {
    const wanted = renamed[name] ?? name;
    return [...own, ...lifts.flatMap(({ members }) => members)].find(([member]) => same(member, wanted))?.[1];
  };
  const lifted = lifts.map(({ container }) => container);
  const counted = [
    ...own.filter(([name]) => !lifted.includes(name)),
    ...lifts.flatMap(({ counts, members }) => (counts ? members : [])),
  ];
  return {
    find,
    required: counted.filter(([, member]) => isRequired(member)).map(([name]) => name),
    additional: type.additionalProperties,
  };
}

interface Lift {
  readonly container: string;
  readonly members: readonly (readonly [name: string, member: Member])[];
  /** Whether what it requires is required: it is so itself, or something of it is given. */
  readonly counts: boolean;
}

function liftFrom(container: string, type: ObjectType, value: Properties, published: PublishedType): Lift[] {
  const nested = type.properties[container];
  const inner = nested && objectFor(published.at(nested.type), value, published);
  if (nested === undefined || inner === undefined) return [];
  const members = Object.entries(inner.properties).filter(
    ([name]) => !Object.keys(type.properties).some((taken) => same(taken, name)),
  );
  const given = members.some(([name]) => gives(value, name));
  return [{ container, members, counts: given || isRequired(nested) }];
}

/** Whether two names are one: azure-native writes `odata.type` and `Application_Type` in its own way. */
export function same(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

export function isReadOnly({ flags }: Member): boolean {
  return (flags & 2) !== 0;
}

export function gives(value: Properties, required: string): boolean {
  return Object.entries(value).some(
    ([key, item]) => item !== undefined && item !== null && same(renamed[key] ?? key, required),
  );
}

/** azure-native takes some maps, of which only the keys count, as a list of them. */
export function asMap(name: string, value: unknown): unknown {
  if (name !== "userAssignedIdentities" || !Array.isArray(value)) return value;
  return Object.fromEntries(value.map((key) => [String(key), {}]));
}

function isRequired(member: Member): boolean {
  return (member.flags & 1) !== 0 && !isReadOnly(member);
}

function plain(name: string): string {
  return name.replace(/[._@]/g, "").toLowerCase();
}
