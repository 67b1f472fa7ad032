import { Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toDraft07 } from "../../../cli/contracts/asyncapi/to-draft-07.ts";
import { toAsyncApi } from "../../../cli/contracts/asyncapi/write-asyncapi.ts";
import { contractSchema } from "../../../cli/contracts/contract-files.ts";
import type { JsonSchema } from "../../../shared/schema/json-schema.ts";
import { compileFast } from "../../support/evolve/ajv.ts";
import { makePair } from "../../support/evolve/make-schemas.ts";
import { makeValue } from "../../support/evolve/make-values.ts";

const total = { type: "object", properties: { total: { type: "number" } }, required: ["total"] };
const tree = {
  $ref: "#/$defs/node",
  $defs: { node: { type: "object", properties: { child: { $ref: "#/$defs/node" } } } },
};
const tuple = {
  properties: { at: { prefixItems: [{ type: "number" }, { type: "number" }], items: false, minItems: 2 } },
  dependentRequired: { at: ["zone"] },
  unevaluatedProperties: false,
  "x-pii": "drop",
};
const one = (version: number, status: string, schema: object, more: object = {}) => ({
  version,
  status,
  schema,
  ...more,
});

const contracts = [
  {
    ...{ event_type: "order paid/語", owner: "checkout", description: "an order is paid" },
    versions: [
      one(1, "deprecated", total, { examples: [{ total: 1 }] }),
      one(2, "active", tree, { examples: [{ child: {} }] }),
      one(3, "active", tuple, { description: "with a place" }),
      one(4, "draft", {}),
      one(5, "retired", {}),
    ],
  },
  { event_type: "order paid-語", versions: [one(1, "active", { $ref: "#" }), one(2, "active", {})] },
].map((each) => contractSchema.parse(each));

interface Fault {
  readonly message: string;
  readonly path: string;
}

/** What AsyncAPI's own parser has against a document; that there is a newer release of the format is none. */
async function findFaults(document: unknown): Promise<Fault[]> {
  const found = await new Parser().validate(JSON.stringify(document));
  return found
    .filter(({ code }) => code !== "asyncapi-latest-version")
    .map(({ message, path }) => ({ message, path: path.join(".") }));
}

test("AsyncAPI's own parser finds no fault, and reads a message for each version that judges", async () => {
  const document = toAsyncApi(contracts, "https://events.example.com/base");
  expect(await findFaults(document)).toEqual([]);
  const { document: read } = await new Parser().parse(JSON.stringify(document));
  const messages = read?.operations().get("sendEvents")?.messages().all() ?? [];
  expect(messages.map((message) => [message.id(), message.name()])).toEqual([
    ["order-paid--_v1", "order paid/語"],
    ["order-paid--_v2", "order paid/語"],
    ["order-paid--_v3", "order paid/語"],
    ["order-paid--_v1-2", "order paid-語"],
    ["order-paid--_v2-2", "order paid-語"],
  ]);
  expect(messages.map((message) => message.payload()?.required()?.includes("schema_version"))).toEqual([
    ...[true, false, true, false, true],
  ]);
  expect(
    read
      ?.servers()
      .all()
      .map((server) => [server.url(), server.protocol()]),
  ).toEqual([["https://events.example.com/base", "https"]]);
});

test.each([
  ["a type that is none", "components.schemas.order-paid--_v1.properties.total.type", "nummer"],
  ["an action that is none", "operations.sendEvents.action", "post"],
  ["a reference to nothing", "channels.events.messages.order-paid--_v1.$ref", "#/components/messages/none"],
])("it finds %s", async (_, path, value) => {
  const document = structuredClone(toAsyncApi(contracts));
  const names = path.split(".");
  const last = names.pop() ?? "";
  const place = names.reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, document);
  expect(place).toHaveProperty([last]);
  place[last] = value;
  expect((await findFaults(document)).length).toBeGreaterThan(0);
});

/** What fits a schema and not what became of it. */
function findRefused(schema: JsonSchema, values: readonly unknown[]): unknown {
  const { schema: converted } = toDraft07(schema, "#");
  const fits = new Ajv({ strict: false, validateFormats: false }).compile(converted as JsonSchema | boolean);
  const fitted = compileFast(schema);
  return values.find((value) => fitted(value) && !fits(value));
}

test("what fits a contract fits the schema of its message, whatever the contract says", () => {
  const property = fc.property(fc.gen(), (g) => {
    const { older } = makePair(g);
    const values = Array.from({ length: 10 }, () => makeValue(g, older, older));
    expect(findRefused(older, values)).toBeUndefined();
  });
  fc.assert(property, { numRuns: 50 });
});

test.each<[string, JsonSchema, unknown, unknown]>([
  ["a tuple", { prefixItems: [{ type: "number" }], items: { type: "string" } }, [1, "a"], ["a"]],
  ["its rest", { prefixItems: [{ type: "number" }], items: false }, [1], [1, 2]],
  ["names that go together", { dependentRequired: { a: ["b"] } }, { b: 1 }, { a: 1 }],
  ["schemas that go together", { dependentSchemas: { a: { required: ["b"] } } }, { a: 1, b: 1 }, { a: 1 }],
  ["a keyword beside a reference", { $ref: "#/$defs/x", minimum: 1, $defs: { x: { type: "number" } } }, 1, 0],
  ["what a reference says", { $ref: "#/$defs/x", minimum: 1, $defs: { x: { type: "number" } } }, 1, "a"],
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
  ["a condition", { if: { type: "string" }, then: { minLength: 1 }, else: { minimum: 1 } }, 1, 0],
])("%s is kept", (_, schema, fitting, unfit) => {
  const fits = new Ajv({ strict: false }).compile(toDraft07(schema, "#").schema as JsonSchema);
  expect([fits(fitting), fits(unfit)]).toEqual([true, false]);
});

test.each<[string, JsonSchema, unknown]>([
  ["not", { not: { properties: { a: {} }, unevaluatedProperties: false } }, { a: 1, b: 1 }],
  ["oneOf", { oneOf: [{ properties: { a: {} }, unevaluatedProperties: false }, { type: "object" }] }, { b: 1 }],
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
  ["if", { if: { required: ["a"], unevaluatedProperties: false }, then: { required: ["b"] } }, { a: 1 }],
])("where more within `%s` would be less, it is left out", (_, schema, value) => {
  expect(findRefused(schema, [value])).toBeUndefined();
  expect(compileFast(schema)(value)).toBe(true);
});
