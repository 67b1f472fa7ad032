import { z } from "zod";
import { isJsonObject, type JsonObject } from "../../event/event.ts";
import { find, type Path, pointer, toPath } from "../pointer.ts";

const MOST_STEPS = 50;

const value = z
  .custom<unknown>((found) => found !== undefined, "expected a value")
  .refine((found) => JSON.stringify(found).length <= 1_000, "expected at most 1,000 characters of JSON");

/**
 * What a version says of the one before: how its `properties` are read in the shape of this one. Steps are taken in
 * their order. A place that is not there is passed over; so is one that leads through something other than objects.
 */
export const mappingSchema = z
  .array(
    z.discriminatedUnion("op", [
      z
        .strictObject({ op: z.literal("rename"), from: pointer, to: pointer })
        .refine(({ from, to }) => parentOf(from) === parentOf(to), {
          path: ["to"],
          message: "expected a name beside the other one; `move` leads elsewhere",
        }),
      z.strictObject({ op: z.literal("move"), from: pointer, to: pointer }),
      z.strictObject({ op: z.literal("default"), path: pointer, value }),
      z.strictObject({ op: z.literal("constant"), path: pointer, value }),
      z.strictObject({ op: z.literal("drop"), path: pointer }),
    ]),
  )
  .min(1)
  .max(MOST_STEPS, `expected at most ${MOST_STEPS} steps`);

export type Mapping = readonly MappingStep[];
type MappingStep = z.output<typeof mappingSchema>[number];

/** `properties` in the shape of the next version; what was given stays as it is. */
export function applyMapping(properties: JsonObject, mapping: Mapping): JsonObject {
  return mapping.reduce(applyStep, properties);
}

function applyStep(properties: JsonObject, step: MappingStep): JsonObject {
  switch (step.op) {
    case "rename":
    case "move":
      return move(properties, toPath(step.from), toPath(step.to));
    case "default":
      return find(properties, toPath(step.path)) ? properties : put(properties, toPath(step.path), step.value);
    case "constant":
      return put(properties, toPath(step.path), step.value);
    case "drop":
      return remove(properties, toPath(step.path));
  }
}

/** What cannot be put there stays where it was. */
function move(properties: JsonObject, from: Path, to: Path): JsonObject {
  const found = find(properties, from);
  if (!found) return properties;
  const moved = put(remove(properties, from), to, found.value);
  return find(moved, to) ? moved : properties;
}

function parentOf(text: string): string {
  return text.slice(0, text.lastIndexOf("/"));
}

/** Makes the objects that lead there; what stands in their way stays. */
function put(properties: JsonObject, [name = "", ...rest]: Path, value: unknown): JsonObject {
  if (rest.length === 0) return { ...properties, [name]: value };
  const inner = Object.hasOwn(properties, name) ? properties[name] : {};
  return isJsonObject(inner) ? { ...properties, [name]: put(inner, rest, value) } : properties;
}

function remove(properties: JsonObject, [name = "", ...rest]: Path): JsonObject {
  if (!Object.hasOwn(properties, name)) return properties;
  if (rest.length === 0) return Object.fromEntries(Object.entries(properties).filter(([one]) => one !== name));
  const inner = properties[name];
  return isJsonObject(inner) ? { ...properties, [name]: remove(inner, rest) } : properties;
}
