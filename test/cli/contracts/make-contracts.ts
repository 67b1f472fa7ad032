import fc from "fast-check";
import { type Contract, contractSchema } from "../../../cli/contracts/contract-files.ts";
import { compatibilityRules } from "../../../shared/schema/evolve/find-breaks.ts";

/** As a file has it: what JSON does not say is gone, such as the sign of zero. */
const asFile = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((one) => one.isWellFormed());
const name = fc.oneof(fc.constantFrom("total", "sku", "a.b", "order id", "__proto__", "constructor", "語"), text);
const count = fc.nat({ max: 20 });
const bound = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 });

const annotations = {
  ...{ title: maybe(text), description: maybe(text), examples: maybe(fc.array(fc.jsonValue(), { maxLength: 2 })) },
  ...{
    "x-pii": maybe(fc.constantFrom("hash", "drop")),
    enum: maybe(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 3 })),
  },
};
const scalar = ["string", "integer", "number", "boolean", "null"] as const;

const { schema } = fc.letrec<{ schema: unknown; members: Record<string, unknown> }>((tie) => ({
  members: fc.dictionary(name, tie("schema"), { maxKeys: 3 }),
  schema: fc.oneof(
    { depthSize: "small" },
    fc.boolean(),
    fc.record({
      ...{
        ...annotations,
        type: maybe(fc.oneof(fc.constantFrom(...scalar), fc.subarray([...scalar], { minLength: 1 }))),
      },
      ...{ minLength: maybe(count), maxLength: maybe(count), pattern: maybe(fc.constantFrom("^a", "[0-9]+$")) },
      format: maybe(fc.constantFrom("date-time", "date", "time", "email", "uuid")),
      ...{ minimum: maybe(bound), exclusiveMaximum: maybe(bound), multipleOf: maybe(fc.constantFrom(1, 0.5)) },
    }),
    fc.record({
      ...{
        ...annotations,
        type: maybe(fc.constantFrom("object", ["object", "null"])),
        properties: maybe(tie("members")),
      },
      required: maybe(fc.uniqueArray(name, { maxLength: 3 })),
      ...{ additionalProperties: maybe(tie("schema")), minProperties: maybe(count), $defs: maybe(tie("members")) },
    }),
    fc.record({
      ...{ ...annotations, type: maybe(fc.constantFrom("array", ["array", "string"])), items: maybe(tie("schema")) },
      ...{
        minItems: maybe(count),
        uniqueItems: maybe(fc.boolean()),
        prefixItems: maybe(fc.array(tie("schema"), { maxLength: 2 })),
      },
    }),
    fc.record({
      $ref: fc.constant("#/$defs/a"),
      anyOf: maybe(fc.array(tie("schema"), { minLength: 1, maxLength: 2 })),
    }),
  ),
}));

const pointer = fc.constantFrom("/total", "/lines", "/語");
const mapping = fc.array(
  fc.oneof(
    fc.record({ op: fc.constant("rename" as const), from: pointer, to: pointer }),
    fc.record({ op: fc.constant("drop" as const), path: pointer }),
    fc.record({ op: fc.constant("default" as const), path: pointer, value: fc.jsonValue() }),
  ),
  { minLength: 1, maxLength: 2 },
);

const version = fc.record({
  status: fc.constantFrom("draft", "active", "deprecated", "retired"),
  description: text,
  schema: schema.filter((one) => typeof one === "object"),
  examples: fc.array(fc.dictionary(name, fc.jsonValue(), { maxKeys: 2 }), { maxLength: 2 }),
  mapping: maybe(mapping),
});

/** Contracts of every form, with names that are hard to write down. */
export const contracts: fc.Arbitrary<Contract> = fc
  .record({
    ...{ event_type: name.filter((one) => one !== ""), owner: text, description: text },
    ...{ mode: fc.constantFrom("enforce", "warn", "off"), compatibility: fc.constantFrom(...compatibilityRules) },
    ...{
      loosened_because: maybe(text.filter((one) => one !== "")),
      promote: maybe(fc.subarray(["/a", "/b/c", "/語"])),
    },
    versions: fc.array(version, { minLength: 1, maxLength: 3 }),
  })
  .map(({ versions, ...rest }) =>
    contractSchema.parse(asFile({ ...rest, versions: versions.map((one, index) => ({ version: index + 1, ...one })) })),
  );
