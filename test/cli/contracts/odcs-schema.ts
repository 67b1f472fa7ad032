/**
 * What the documents that are exported have of the Open Data Contract Standard v3.1.0, as its JSON Schema says it
 * (https://github.com/bitol-io/open-data-contract-standard, schema/odcs-json-schema-v3.1.0.json), and nothing else. The
 * standard's own schema is in no package of npm.
 */
const text = { type: "string" };
const count = { type: "integer", minimum: 0 };
const number = { type: "number" };
const closed = { additionalProperties: false };
const custom = {
  type: "array",
  items: { type: "object", properties: { property: text, value: true }, required: ["property", "value"], ...closed },
};
const quality = {
  type: "array",
  items: {
    type: "object",
    properties: { metric: { enum: ["invalidValues"] }, arguments: { type: "object" }, mustBe: true },
    required: ["metric", "mustBe"],
    ...closed,
  },
};
const bounds = {
  multipleOf: { type: "number", exclusiveMinimum: 0 },
  ...{ maximum: number, exclusiveMaximum: number, minimum: number, exclusiveMinimum: number },
};

/** Options by logical type: the standard has a closed list for each. */
const options: Readonly<Record<string, object>> = {
  string: { minLength: count, maxLength: count, pattern: text, format: text },
  ...{ date: {}, timestamp: {}, time: {}, integer: bounds, number: bounds, boolean: {} },
  object: { minProperties: count, maxProperties: count },
  array: { minItems: count, maxItems: count, uniqueItems: { type: "boolean" } },
};

const branch = (logicalType: string) => ({
  if: { properties: { logicalType: { const: logicalType } }, required: ["logicalType"] },
  // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's word
  then: {
    properties: {
      logicalTypeOptions: { type: "object", properties: options[logicalType], ...closed },
      ...(logicalType !== "object" && { properties: false }),
      ...(logicalType !== "array" && { items: false }),
    },
  },
});

const element = {
  type: "object",
  properties: {
    ...{
      name: text,
      businessName: text,
      description: text,
      required: { type: "boolean" },
      examples: { type: "array" },
    },
    ...{ logicalType: { enum: Object.keys(options) }, logicalTypeOptions: { type: "object" }, quality },
    ...{ properties: { type: "array", items: { $ref: "#/$defs/property" } }, items: { $ref: "#/$defs/element" } },
    customProperties: custom,
  },
  dependentRequired: { logicalTypeOptions: ["logicalType"] },
  allOf: Object.keys(options).map(branch),
  ...closed,
};

const object = {
  type: "object",
  properties: {
    ...{ name: text, physicalName: text, physicalType: text, businessName: text, description: text, quality },
    ...{ logicalType: { enum: ["object"] }, properties: element.properties.properties, customProperties: custom },
  },
  required: ["name"],
  ...closed,
};

export const odcsSchema = {
  type: "object",
  properties: {
    ...{
      apiVersion: { const: "v3.1.0" },
      kind: { const: "DataContract" },
      id: text,
      name: text,
      version: text,
      status: text,
    },
    team: { type: "object", properties: { name: text }, ...closed },
    description: { type: "object", properties: { purpose: text }, ...closed },
    ...{ schema: { type: "array", items: object }, customProperties: custom },
  },
  required: ["version", "apiVersion", "kind", "id", "status"],
  ...closed,
  $defs: { element, property: { $ref: "#/$defs/element", required: ["name"] } },
};
