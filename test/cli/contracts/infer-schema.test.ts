import { describe, expect, test } from "vitest";
import { findDrift } from "../../../cli/contracts/find-drift.ts";
import { inferSchema } from "../../../cli/contracts/infer-schema.ts";
import { compileSchema } from "../../../shared/schema/judge/compile-schema.ts";
import { EVENTS, generatedTypes, makeMutants } from "./generated-types.ts";

describe.each(generatedTypes)("of $name", ({ make, expected }) => {
  const values = Array.from({ length: EVENTS }, (_, index) => make(index));
  const { schema, observations } = inferSchema(values);

  test("the schema is the one of the table", () => {
    expect(schema.properties).toEqual(expected);
  });

  test("it takes all that was seen, and refuses what is otherwise", async () => {
    const { findFault } = await compileSchema(schema);
    expect(values.map((value) => findFault(value)).filter((fault) => fault !== undefined)).toEqual([]);
    const mutants = makeMutants(values[0] as Record<string, unknown>, schema);
    expect(mutants.length).toBeGreaterThan(1);
    expect(mutants.filter((mutant) => findFault(mutant) === undefined)).toEqual([]);
  });

  test("it says how often each property was seen", () => {
    expect(observations[0]).toMatchObject({ path: "", seen: EVENTS, of: EVENTS, types: { object: EVENTS } });
    expect(observations.length).toBeGreaterThan(1);
  });
});

test("what is always there is required, and an event more may be without it in less than three of the number seen", () => {
  const { schema, observations } = inferSchema(
    Array.from({ length: 300 }, (_, i) => (i % 3 ? { a: i } : { a: i, b: i })),
  );
  expect(schema.required).toEqual(["a"]);
  expect(observations.map(({ path, seen, of, unseenShare }) => [path, seen, of, unseenShare])).toEqual([
    ["", 300, 300, 0.01],
    ["a", 300, 300, 0.01],
    ["b", 100, 300, 0.01],
  ]);
});

test("of no event nothing is said", () => {
  expect(inferSchema([]).schema).toEqual({});
});

test("what differs from a contract is counted, with what it does not name and what no event has", async () => {
  const schema = { type: "object", properties: { a: { type: "integer" }, old: {} } };
  const values = [{ a: 1 }, { a: "x", b: 1 }, { a: "y" }];
  const drift = await findDrift(schema, values, inferSchema(values).observations);
  expect(drift).toMatchObject({ judged: 3, unnamed: ["b"], unused: ["old"] });
  expect(drift.faults).toEqual([{ path: "properties.a", message: expect.stringContaining("integer"), count: 2 }]);
});

test("names are compared at any depth, behind references and branches, and in lists", async () => {
  const line = { type: "object", properties: { sku: {}, price: {} } };
  const schema = {
    properties: {
      lines: { items: { $ref: "#/$defs/line" } },
      by: { anyOf: [{ type: "null" }, { properties: { id: {}, gone: {} } }] },
      counts: { additionalProperties: { properties: { n: {} } } },
      labels: { patternProperties: { "^l_": { properties: { text: {} } } } },
      never: { properties: { below: {} } },
      tree: { $ref: "#/$defs/tree" },
    },
    $defs: { line, tree: { properties: { child: { $ref: "#/$defs/tree" } } } },
  };
  const values = [
    {
      lines: [{ sku: 1, "a.b": { c: 1 } }],
      by: { id: 1, name: 1 },
      counts: { x: { n: 1, m: 1 } },
      labels: { l_1: { text: 1 }, other: 1 },
      tree: { child: { leaf: 1 } },
    },
  ];
  const { unnamed, unused } = await findDrift(schema, values, inferSchema(values).observations);
  expect(unnamed.toSorted()).toEqual(["by.name", "counts.x.m", "labels.other", "lines[].a.b", "tree.child.leaf"]);
  expect(unused.toSorted()).toEqual(["by.gone", "lines[].price", "never", "tree.child.child"]);
});

test("of a map with very many names nothing is said of what is below", async () => {
  const names = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`n${i}`, i]));
  const values = [{ map: names }];
  const schema = { properties: { map: { properties: { rare: {} } } } };
  expect(await findDrift(schema, values, inferSchema(values).observations)).toMatchObject({ unnamed: [], unused: [] });
});
