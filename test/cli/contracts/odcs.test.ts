import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Contract } from "../../../cli/contracts/contract-files.ts";
import { readOdcs } from "../../../cli/contracts/odcs/read-odcs.ts";
import { toOdcs } from "../../../cli/contracts/odcs/write-odcs.ts";
import { readYaml, writeYaml } from "../../../cli/contracts/yaml-files.ts";
import { makeFolder } from "../support.ts";
import { contracts } from "./make-contracts.ts";
import { odcsSchema } from "./odcs-schema.ts";

const isOdcs = new Ajv2020({ strict: false, allErrors: true }).compile(odcsSchema);
const folder = makeFolder(() => undefined);

/** Out to a file and in again. */
function there(contract: Contract): unknown {
  const file = join(folder, "one.odcs.yaml");
  writeFileSync(file, writeYaml(toOdcs(contract)));
  return readYaml(file);
}

const paid: Contract = {
  ...{ event_type: "order_paid", owner: "checkout", description: "an order is paid" },
  ...{ mode: "enforce", compatibility: "backward" },
  versions: [
    {
      ...{ version: 1, status: "active", description: "the first", examples: [{ total: 1 }] },
      schema: {
        type: "object",
        properties: {
          total: { type: "number", minimum: 0, title: "Total" },
          at: { type: "string", format: "date-time" },
          currency: { enum: ["EUR", "USD"], description: "ISO 4217" },
          note: { type: ["string", "null"], maxLength: 80 },
          lines: { type: "array", minItems: 1, items: { $ref: "#/$defs/line" } },
        },
        required: ["total", "at"],
        additionalProperties: false,
        $defs: { line: { type: "object" } },
      },
    },
  ],
};

test("a contract out and in again is the same, whatever is in it, and the document is one of the standard", () => {
  fc.assert(
    fc.property(contracts, (contract) => {
      const document = there(contract);
      expect(isOdcs(document), JSON.stringify(isOdcs.errors)).toBe(true);
      expect(readOdcs(document, "it")).toEqual({ contracts: [contract], left: [] });
    }),
    { numRuns: 60 },
  );
});

test("what the standard has words for stands in them", () => {
  const rest = (value: unknown) => [{ property: "jsonSchema", value }];
  expect(toOdcs(paid)).toEqual({
    ...{ apiVersion: "v3.1.0", kind: "DataContract", id: "headrace:order_paid", name: "order_paid" },
    ...{ version: "1", status: "active", team: { name: "checkout" }, description: { purpose: "an order is paid" } },
    schema: [
      {
        ...{ name: "order_paid_v1", physicalName: "order_paid", physicalType: "event", description: "the first" },
        logicalType: "object",
        properties: [
          {
            ...{ name: "total", required: true, businessName: "Total", logicalType: "number" },
            logicalTypeOptions: { minimum: 0 },
          },
          { name: "at", required: true, logicalType: "timestamp" },
          {
            ...{ name: "currency", description: "ISO 4217" },
            quality: [{ metric: "invalidValues", arguments: { validValues: ["EUR", "USD"] }, mustBe: 0 }],
          },
          {
            ...{ name: "note", logicalType: "string", logicalTypeOptions: { maxLength: 80 } },
            customProperties: rest({ type: ["string", "null"] }),
          },
          {
            ...{ name: "lines", logicalType: "array", logicalTypeOptions: { minItems: 1 } },
            items: { customProperties: rest({ $ref: "#/$defs/line" }) },
          },
        ],
        customProperties: [
          { property: "schemaVersion", value: 1 },
          { property: "status", value: "active" },
          { property: "examples", value: [{ total: 1 }] },
          ...rest({ additionalProperties: false, $defs: { line: { type: "object" } } }),
        ],
      },
    ],
    customProperties: [
      { property: "eventType", value: "order_paid" },
      { property: "mode", value: "enforce" },
      { property: "compatibility", value: "backward" },
    ],
  });
});

test("a document that is changed in the standard's own words is a changed contract", () => {
  const document = toOdcs(paid) as { schema: { properties: Record<string, unknown>[] }[] };
  const [total, at] = document.schema[0]?.properties ?? [];
  Object.assign(total ?? {}, { logicalTypeOptions: { minimum: 1 } });
  delete at?.required;
  document.schema[0]?.properties.push({ name: "tip", required: true, logicalType: "number" });
  const [contract] = readOdcs(document, "it").contracts;
  expect(contract?.versions[0]?.schema).toMatchObject({
    properties: { total: { minimum: 1 }, tip: { type: "number" } },
    required: ["total", "tip"],
    additionalProperties: false,
  });
});

test("a document from elsewhere is a draft for each of its objects, and says what has no place", () => {
  const document = {
    ...{ apiVersion: "v3.0.2", kind: "DataContract", id: "x", version: "1.1.0", status: "active" },
    ...{ team: [{ username: "ada", role: "Owner" }], description: { purpose: "sales" }, slaProperties: [] },
    schema: [
      {
        name: "orders",
        physicalName: "tbl_orders",
        properties: [
          { name: "id", logicalType: "string", required: true, primaryKey: true },
          { name: "n", logicalType: "integer", logicalTypeOptions: { minimum: 0, exclusiveMinimum: true } },
          { name: "tags", logicalType: "array", items: { logicalType: "string", quality: [{ type: "text" }] } },
        ],
      },
      { name: "refunds" },
    ],
  };
  const { contracts: found, left } = readOdcs(document, "it");
  expect(left).toEqual(["slaProperties", "orders.id.primaryKey", "orders.tags[].quality 1"]);
  const settings = { owner: "ada", description: "sales", mode: "warn", compatibility: "backward" };
  const draft = { version: 1, status: "draft", description: "", examples: [] };
  const schema = {
    properties: {
      ...{ id: { type: "string" }, n: { type: "integer", exclusiveMinimum: 0 } },
      tags: { type: "array", items: { type: "string" } },
    },
    required: ["id"],
  };
  expect(found).toEqual([
    { event_type: "tbl_orders", ...settings, versions: [{ ...draft, schema }] },
    { event_type: "refunds", ...settings, versions: [{ ...draft, schema: {} }] },
  ]);
});

test.each([
  ["another kind", { kind: "x" }, "it: kind: "],
  ["another release", { kind: "DataContract", apiVersion: "v2.2.2" }, "it: apiVersion: expected v3"],
  ["no object", { kind: "DataContract", apiVersion: "v3.1.0", schema: [] }, "it: schema: "],
])("%s is refused with its place", (_, document, message) => {
  expect(() => readOdcs(document, "it")).toThrow(message);
});

test("a file that is no YAML is refused with its line", () => {
  const file = join(folder, "broken.yaml");
  writeFileSync(file, "a: 1\nb: [\n");
  expect(() => readYaml(file)).toThrow(/broken\.yaml: .*line/s);
});
