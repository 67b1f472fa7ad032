import { isRecord } from "../../shared/schema/evolve/node.ts";
import { type Contract, chooseVersion } from "./contract-files.ts";

type Json = Record<string, unknown>;

/** What every event has, whatever its type. */
const ownColumns: readonly Json[] = [
  { name: "event_id", description: "Unique within the org.", data_tests: ["not_null", "unique"] },
  { name: "event_type", data_tests: ["not_null"] },
  { name: "timestamp", description: "When it happened, by the client's clock, corrected.", data_tests: ["not_null"] },
  { name: "received_at", data_tests: ["not_null"] },
  { name: "schema_version" },
  { name: "user_id" },
];

/**
 * A `sources.yml` of dbt with a table for each type: a row is an event as `GET /api/v1/events` gives it with
 * `format=ndjson` and `as_version`, loaded by a warehouse that makes a column of structs from an object. Data types are
 * not among it, since each warehouse has its own.
 */
export function toDbtSources(contracts: readonly Contract[]): Json {
  return {
    version: 2,
    sources: [
      {
        name: "headrace",
        description: "Events of Headrace, a table for each type. Written by `npx headrace contracts export`.",
        tables: contracts.map(toTable),
      },
    ],
  };
}

function toTable(contract: Contract): Json {
  const { event_type, owner, description, mode } = contract;
  const { version, status, schema } = chooseVersion(contract);
  const properties = Object.entries(isRecord(schema.properties) ? schema.properties : {});
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const others = properties.map(([name]) => name).filter((name) => !isColumn(name));
  // Where what does not fit is stored all the same, a row that does not fit is no surprise.
  const severity = mode === "enforce" && contract.versions.length === 1 ? "error" : "warn";
  return {
    name: toTableName(event_type),
    ...(description && { description }),
    meta: {
      ...{ event_type, as_version: version, status, mode, ...(owner && { owner }) },
      ...(others.length > 0 && { not_columns: others }),
    },
    columns: [
      ...ownColumns,
      ...properties
        .filter(([name]) => isColumn(name))
        .map(([name, property]) => toColumn(name, isRecord(property) ? property : {}, required.has(name), severity)),
    ],
  };
}

/** Others cannot be written in a test without quotes, of which each warehouse has its own. */
const isColumn = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name);

function toTableName(eventType: string): string {
  const name = eventType.toLowerCase().replaceAll(/\W+/g, "_");
  return /^[a-z_]/.test(name) ? name : `_${name}`;
}

function toColumn(name: string, schema: Json, isRequired: boolean, severity: string): Json {
  const { description, type, enum: values, "x-pii": rule } = schema;
  const config = { severity };
  const mayBeNull = (Array.isArray(type) ? type : [type]).includes("null") || type === undefined;
  // Of what privacy rules change nothing is stored that the schema speaks of.
  const promised = [
    ...(isRequired && !mayBeNull ? [{ not_null: { config } }] : []),
    ...(isTexts(values) ? [{ accepted_values: { values: values.filter((one) => one !== null), config } }] : []),
  ];
  const tests = rule === undefined ? promised : [];
  const meta = { ...(type !== undefined && { type }), ...(rule !== undefined && { "x-pii": rule }) };
  return {
    name: `properties.${name}`,
    ...(typeof description === "string" && { description }),
    ...(Object.keys(meta).length > 0 && { meta }),
    ...(tests.length > 0 && { data_tests: tests }),
  };
}

/** dbt compares with texts in quotes. */
function isTexts(values: unknown): values is readonly (string | null)[] {
  return Array.isArray(values) && values.every((one) => typeof one === "string" || one === null);
}
