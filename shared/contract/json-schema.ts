import { z } from "zod";

export type Json = { [name: string]: unknown };

/** Named schemas that others point to. */
export type Named = Map<string, Json>;

/**
 * A schema as OpenAPI 3.1 has it: of what is sent (`input`) or answered (`output`). Schemas with an id go into `named`.
 * A client must bear more members in an answer than it knows, so that an answer's objects are open.
 */
export function toJsonSchema(schema: z.ZodType, io: "input" | "output", named: Named): Json {
  const { $schema, $defs, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      // A query has texts only; to a reader this one is a number.
      if (jsonSchema.type === "integer") delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      // `format` says it; the pattern of a time has some 400 characters.
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
    },
  }) as Json;
  for (const [id, own] of Object.entries(($defs ?? {}) as Record<string, Json>)) named.set(id, pointUp(own));
  return pointUp(json);
}

/** References to `$defs` become references to the document's components. `id` is no word of JSON Schema. */
function pointUp(json: Json): Json {
  const text = JSON.stringify({ ...json, id: undefined });
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}

/** Every object of JSON that an endpoint answers gets the request's id. */
export function withRequestId(json: Json): Json {
  const branches = ["oneOf", "anyOf"].find((name) => Array.isArray(json[name]));
  if (branches !== undefined) return { ...json, [branches]: (json[branches] as Json[]).map(withRequestId) };
  const { properties, required, ...rest } = json as { properties?: Json; required?: string[] };
  return {
    ...rest,
    properties: { request_id: { type: "string" }, ...properties },
    required: ["request_id", ...(required ?? [])],
  };
}
