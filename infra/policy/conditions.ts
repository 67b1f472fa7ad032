import { isDeepStrictEqual } from "node:util";
import type { Resource, World } from "./resource.ts";

export interface Place {
  readonly resource: Resource;
  readonly world: World;
  /** The value's own path. */
  readonly path: string;
}

/** What a value has to be. */
export interface Condition {
  /** In words: what stands after "wanted". */
  readonly wanted: string;
  /** Whether more than this one resource is looked at. */
  readonly across?: true;
  holds(value: unknown, place: Place): boolean;
}

export function equals(wanted: unknown): Condition {
  return { wanted: JSON.stringify(wanted), holds: (value) => isDeepStrictEqual(value, wanted) };
}

export function oneOf(...wanted: readonly unknown[]): Condition {
  return { wanted: wanted.map((one) => JSON.stringify(one)).join(" or "), holds: (value) => wanted.includes(value) };
}

/** Azure's default is off, so that nothing is as good as false. */
export const notTrue: Condition = { wanted: "not true", holds: (value) => value !== true };

export const absent: Condition = { wanted: "nothing", holds: (value) => value === undefined };

export const emptyList: Condition = { wanted: "[]", holds: (value) => Array.isArray(value) && value.length === 0 };

export const someOfThem: Condition = {
  wanted: "one or more",
  holds: (value) => Array.isArray(value) && value.length > 0,
};

export function matches(pattern: RegExp, wanted = `text like ${pattern.source}`): Condition {
  return { wanted, holds: (value) => typeof value === "string" && pattern.test(value) };
}

export function between(min: number, max = Number.POSITIVE_INFINITY): Condition {
  const wanted = max === Number.POSITIVE_INFINITY ? `${min} or more` : `${min} to ${max}`;
  return { wanted, holds: (value) => typeof value === "number" && value >= min && value <= max };
}

/** Of this resource alone. */
export function is(wanted: string, holds: (value: unknown, resource: Resource) => boolean): Condition {
  return { wanted, holds: (value, { resource }) => holds(value, resource) };
}

/** Of this resource among all the others. */
export function fits(wanted: string, holds: (value: unknown, place: Place) => boolean): Condition {
  return { wanted, across: true, holds };
}
