import { z } from "zod";
import { eventSchema, isJsonObject, type JsonObject } from "../../event/event.ts";
import { wholeNumberParameter } from "../../http/parameters.ts";
import { compatibilityRules } from "../evolve/find-breaks.ts";
import { mappingSchema } from "../evolve/mapping.ts";
import { promoteSchema } from "../promoted/promoted-path.ts";
import { registryBounds } from "./bounds.ts";
import { schemaModes, schemaStatuses } from "./contract-words.ts";

function text(max: number) {
  return z
    .string()
    .trim()
    .max(max, `expected at most ${max} characters`)
    .refine((value) => value.isWellFormed(), "has half of a surrogate pair");
}

const event_type = eventSchema.shape.event_type;
/** As events name it. */
const version = z.int().min(1).max(1_000_000);

const force = z
  .strictObject({ reason: text(500).min(1, "expected a reason") })
  .describe("By an admin alone, where the rule of the type is broken; it stands in the audit trail");

const typeSettings = {
  owner: text(200).describe("Who is asked about it").exactOptional(),
  description: text(2_000).exactOptional(),
  mode: z
    .enum(schemaModes)
    .describe("`enforce`: what does not fit is quarantined. `warn`: it is stored, and says so")
    .exactOptional(),
  compatibility: z.enum(compatibilityRules).describe("The rule that a new version is held against").exactOptional(),
  promote: promoteSchema
    .describe("JSON pointers into `properties`, all of them: what events of the type can be found by with `where`")
    .exactOptional(),
};

export const registerBody = z.strictObject({
  event_type,
  version: version.describe("The next one: 1 for a type that has none"),
  schema: z
    .custom<unknown>((value) => value !== undefined, "expected a schema")
    .meta({ type: "object", description: "JSON Schema 2020-12, of `properties`" }),
  examples: z
    .array(z.custom<JsonObject>(isJsonObject, "expected an object").meta({ type: "object" }))
    .max(registryBounds.examples, `expected at most ${registryBounds.examples} examples`)
    .default([])
    .describe("`properties` that fit"),
  description: text(2_000).default(""),
  mapping: mappingSchema.exactOptional().describe("How `properties` of the version before are read as this one"),
  status: z.enum(["draft", "active"]).default("active"),
  type: z.strictObject(typeSettings).optional().describe("What a type is made with; one that is there stays as it is"),
  force: force.optional(),
});

/** What is answered to is what would be registered. */
export const checkBody = registerBody.omit({ force: true }).extend({
  type: z
    .strictObject(typeSettings)
    .optional()
    .describe("What a type is made with; of one that is there, `compatibility` is the rule that is checked"),
});

export const statusBody = z.strictObject({
  event_type,
  version,
  status: z.enum(schemaStatuses),
  force: force.optional(),
});

export const typeBody = z
  .strictObject({ event_type, ...typeSettings })
  .refine((body) => Object.keys(body).length > 1, "expected something to change");

export const settingsBody = z
  .strictObject({
    strict: z.boolean().describe("Events of a type without a schema are quarantined").exactOptional(),
    end_hash_key: z
      .strictObject({ number: z.int().min(1), reason: text(500).min(1, "expected a reason") })
      .describe("By an admin alone: the key of this number is deleted, and privacy rules hash by the next one")
      .exactOptional(),
  })
  .refine((body) => Object.keys(body).length > 0, "expected something to change");

export const backfillBody = z.strictObject({ event_type });

export const typeParameters = z.object({ event_type });
export const versionParameters = z.object({ event_type, version: wholeNumberParameter(1, 1_000_000) });

export type RegisterBody = z.output<typeof registerBody>;
export type StatusBody = z.output<typeof statusBody>;
export type SettingsBody = z.output<typeof settingsBody>;
export type TypeBody = z.output<typeof typeBody>;
