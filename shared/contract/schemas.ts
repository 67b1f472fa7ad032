import { z } from "zod";
import { type CompatibilityRule, compatibilityRules } from "../schema/evolve/find-breaks.ts";
import { mappingSchema } from "../schema/evolve/mapping.ts";
import type { SettingsView } from "../schema/registry/change-type.ts";
import { schemaModes, schemaStatuses } from "../schema/registry/contract-words.ts";
import type { TypeList } from "../schema/registry/read-registry.ts";
import type { RegisteredView } from "../schema/registry/register-version.ts";
import {
  backfillBody,
  checkBody,
  registerBody,
  settingsBody,
  statusBody,
  typeBody,
  typeParameters,
  versionParameters,
} from "../schema/registry/registry-bodies.ts";
import type { TypeDetailView, TypeView, VersionStateView, VersionView } from "../schema/registry/registry-views.ts";
import { started, startedExample } from "./jobs.ts";
import { type Operation, shapeOf } from "./operation.ts";
import { schemaBreak } from "./problems.ts";
import { at, time } from "./times.ts";

const compatibility: z.ZodType<CompatibilityRule> = z.enum(compatibilityRules);
const typeFields = {
  event_type: z.string(),
  platform: z.boolean().describe("The platform's own, which nobody changes"),
  owner: z.string(),
  description: z.string(),
  mode: z.enum(schemaModes),
  compatibility,
  promoted: z
    .array(
      z.object({
        path: z.string().describe("A JSON pointer into `properties`"),
        complete_from: time
          .nullable()
          .describe("Of events that were received before, some are not found by it; null where all are"),
      }),
    )
    .describe("What events of the type are found by with `where`"),
  latest_version: z.int(),
  default_version: z.int().nullable().describe("The oldest active one: events that name none are held against it"),
  created_at: time.nullable(),
  changed_at: time.nullable(),
};
const stateFields = {
  version: z.int(),
  status: z.enum(schemaStatuses),
  created_at: time.nullable(),
  created_by: z.string().nullable(),
  activated_at: time.nullable(),
  deprecated_at: time.nullable(),
  retired_at: time.nullable(),
  forced: z.string().nullable().describe("Why it is there although it broke the rule"),
};
const jsonSchema = z.record(z.string(), z.unknown());

const type = shapeOf<TypeView>()(z.object(typeFields)).meta({ id: "SchemaType" });
const state = shapeOf<VersionStateView>()(z.object(stateFields)).meta({ id: "SchemaVersionState" });
/** As a whole answer, which has the request's id beside it. */
const [oneTypeAnswered, oneStateAnswered] = [z.object(typeFields), z.object(stateFields)];
const hashKey = z
  .int()
  .nullable()
  .describe("The number of the key that privacy rules (`x-pii`) hash by; null before the first rule");
const list = shapeOf<TypeList>()(z.object({ strict: z.boolean(), hash_key: hashKey, types: z.array(type) }));
const detail = shapeOf<TypeDetailView>()(z.object({ ...typeFields, versions: z.array(state) }));
const version = shapeOf<VersionView>()(
  z.object({
    event_type: z.string(),
    platform: z.boolean(),
    ...stateFields,
    description: z.string(),
    mapping: mappingSchema.nullable().describe("How `properties` of the version before are read as this one"),
    schema: jsonSchema,
    examples: z.array(jsonSchema),
  }),
);
const registered = shapeOf<RegisteredView>()(
  z.object({
    event_type: z.string(),
    version: z.int(),
    status: z.enum(schemaStatuses),
    mode: z.enum(schemaModes),
    compatibility,
    created: z.boolean().describe("False where the same is registered already"),
    breaks: z.array(schemaBreak).describe("What was forced"),
  }),
);
const settings = shapeOf<SettingsView>()(z.object({ strict: z.boolean(), hash_key: hashKey }));

const schema = { type: "object", properties: { parcels: { type: "integer" } }, required: ["parcels"] };
const one = { event_type: "order_shipped", version: 1 };
const sent = {
  ...one,
  schema,
  examples: [{ parcels: 2 }],
  type: { owner: "logistics", mode: "enforce", promote: ["/parcels"] },
};
const oneState = {
  ...{ version: 1, status: "active", created_at: at, created_by: "member:x", activated_at: at },
  ...{ deprecated_at: null, retired_at: null, forced: null },
} as const;
const oneType = {
  ...{ event_type: "order_shipped", platform: false, owner: "logistics", description: "", mode: "enforce" },
  ...{
    compatibility: "backward",
    promoted: [{ path: "/parcels", complete_from: at }],
    latest_version: 1,
    default_version: 1,
    created_at: at,
    changed_at: at,
  },
} as const;
const answered = { ...one, status: "active", mode: "enforce", compatibility: "backward", created: true, breaks: [] };

export const schemaOperations = {
  "list-schemas": {
    about: "schemas",
    replies: {
      200: { says: "All of them", schema: list, example: { strict: false, hash_key: null, types: [oneType] } },
    },
    codes: ["store_unavailable"],
  },
  "read-schema-type": {
    about: "schemas",
    query: typeParameters,
    example: { event_type: "order_shipped" },
    replies: {
      200: { says: "The type", schema: detail, example: { ...oneType, versions: [oneState] } },
    },
    codes: ["schema_not_found", "store_unavailable"],
  },
  "read-schema-version": {
    about: "schemas",
    query: versionParameters,
    example: one,
    replies: {
      200: {
        says: "The version",
        schema: version,
        example: {
          ...{ event_type: "order_shipped", platform: false, ...oneState, description: "", mapping: null },
          ...{ schema, examples: [{ parcels: 2 }] },
        },
      },
    },
    codes: ["schema_not_found", "store_unavailable"],
  },
  "register-schema": {
    about: "schemas",
    body: { schema: registerBody, example: sent },
    replies: {
      200: { says: "The same is registered already", schema: registered, example: { ...answered, created: false } },
      201: { says: "It is registered", schema: registered, example: answered },
    },
    codes: [
      ...(["schema_invalid", "schema_read_only", "schema_version_conflict", "schema_incompatible"] as const),
      ...(["registry_full", "schemas_unavailable", "secrets_unavailable", "store_unavailable"] as const),
    ],
  },
  "check-schema": {
    about: "schemas",
    body: { schema: checkBody, example: sent },
    replies: { 200: { says: "It would be registered", schema: registered, example: answered } },
    codes: [
      ...(["schema_invalid", "schema_read_only", "schema_version_conflict", "schema_incompatible"] as const),
      ...(["registry_full", "schemas_unavailable", "store_unavailable"] as const),
    ],
  },
  "change-schema-status": {
    about: "schemas",
    body: { schema: statusBody, example: { ...one, status: "deprecated" } },
    replies: {
      200: {
        says: "The version with its status",
        schema: oneStateAnswered,
        example: { ...oneState, status: "deprecated", deprecated_at: at },
      },
    },
    codes: [
      ...(["schema_not_found", "schema_read_only", "schema_status_conflict", "schema_incompatible"] as const),
      ...(["registry_full", "secrets_unavailable", "store_unavailable"] as const),
    ],
  },
  "change-schema-type": {
    about: "schemas",
    body: { schema: typeBody, example: { event_type: "order_shipped", mode: "enforce" } },
    replies: { 200: { says: "The type", schema: oneTypeAnswered, example: oneType } },
    codes: ["schema_not_found", "schema_read_only", "registry_full", "secrets_unavailable", "store_unavailable"],
  },
  "backfill-schema-type": {
    about: "schemas",
    body: { schema: backfillBody, example: { event_type: "order_shipped" } },
    replies: {
      202: {
        ...started,
        example: {
          ...startedExample,
          kind: "backfill-promoted",
          parameters: { event_type: "order_shipped", paths: [{ path: "/parcels", since: at }] },
          progress: { done: 0, total: null },
        },
      },
    },
    codes: ["schema_not_found", "path_not_promoted", "too_many_jobs", "store_unavailable"],
  },
  "change-schema-settings": {
    about: "schemas",
    body: { schema: settingsBody, example: { strict: false } },
    replies: { 200: { says: "What holds now", schema: settings, example: { strict: false, hash_key: null } } },
    codes: ["schema_not_found", "secrets_unavailable", "store_unavailable"],
  },
} as const satisfies Record<string, Operation>;
