import { z } from "zod";
import { isJsonObject, type JsonObject } from "../event/event.ts";

/** Names that lead to a place within `properties`, the outermost first. */
export type Path = readonly string[];

const DEPTH = 20;

/** A JSON pointer (RFC 6901) into `properties`, through objects alone. */
export const pointer = z
  .string()
  .max(1_000)
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, "expected a JSON pointer into `properties`, such as `/address/city`")
  .refine((text) => toPath(text).length <= DEPTH, `expected at most ${DEPTH} names`);

export function toPath(text: string): Path {
  return text
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function find(properties: JsonObject, path: Path): { readonly value: unknown } | undefined {
  let value: unknown = properties;
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return { value };
}
