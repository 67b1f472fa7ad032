import { describe, expect, test } from "vitest";
import {
  type CompatibilityRule,
  checkEvolution,
  compatibilityRules,
  type Direction,
  findBreaks,
} from "../../../../shared/schema/evolve/find-breaks.ts";
import { compile } from "../../../support/evolve/ajv.ts";
import { pairs } from "../../../support/evolve/pairs.ts";

const directions = ["backward", "forward"] as const;

describe.each(pairs)("$name", (pair) => {
  const { older, newer } = pair;

  test.each(directions)("%s: the breaks are those of the table", (direction) => {
    const breaks = findBreaks(older, newer, direction).map(({ kind, pointer }) => `${kind} ${pointer}`);
    expect(breaks.join(", ")).toBe(pair[direction]?.[0] ?? "");
  });

  test("each verdict has a value that shows it", () => {
    for (const direction of directions) showBreak(direction);
  });

  test("each rule says what follows", () => {
    const breaking = directions.filter((direction) => pair[direction]);
    const said = compatibilityRules.map((rule) => [rule, judge(rule).sort()]);
    expect(Object.fromEntries(said)).toEqual({
      none: [],
      backward: breaking.filter((one) => one === "backward"),
      forward: breaking.filter((one) => one === "forward"),
      full: breaking,
      backward_transitive: breaking.filter((one) => one === "backward"),
      forward_transitive: breaking.filter((one) => one === "forward"),
      full_transitive: breaking,
    });
  });

  function judge(rule: CompatibilityRule): string[] {
    return checkEvolution([{ version: 1, schema: older }], newer, rule).map(({ direction }) => direction);
  }

  function showBreak(direction: Direction): void {
    const verdict = pair[direction];
    if (verdict?.length !== 2) return;
    const [taking, refusing] = direction === "backward" ? [older, newer] : [newer, older];
    expect([compile(taking)(verdict[1]), compile(refusing)(verdict[1])], JSON.stringify(verdict[1])).toEqual([
      true,
      false,
    ]);
  }
});

describe("several versions", () => {
  const typed = (type: string, version: number) => ({ version, schema: { properties: { a: { type } } } });

  test("without `_transitive` the newest counts, with it all of them", () => {
    const versions = [typed("string", 1), typed("integer", 2)];
    const newer = { properties: { a: { type: "number" } } };
    expect(checkEvolution(versions, newer, "backward")).toEqual([]);
    expect(checkEvolution(versions, newer, "backward_transitive")).toEqual([
      {
        version: 1,
        direction: "backward",
        breaks: [
          {
            kind: "type_narrowed",
            pointer: "/properties/a/type",
            message: 'the newer schema takes "number" only; the older schema takes string too',
          },
        ],
      },
    ]);
  });

  test("a first version breaks nothing", () => {
    expect(checkEvolution([], { type: "object" }, "full_transitive")).toEqual([]);
  });
});

describe("schemas that are hostile to a comparison", () => {
  const doubling = (levels: number, leaf: unknown) => ({
    $ref: "#/$defs/l0",
    $defs: Object.fromEntries(
      Array.from({ length: levels + 1 }, (_, level) => [
        `l${level}`,
        level === levels
          ? leaf
          : { properties: { a: { $ref: `#/$defs/l${level + 1}` }, b: { $ref: `#/$defs/l${level + 1}` } } },
      ]),
    ),
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["references that double", doubling(40, { type: "string" }), doubling(40, { type: "integer" })],
    ["branches of branches", nest(12, "anyOf", { type: "string" }), nest(12, "anyOf", { type: "integer" })],
    ["oneOf of oneOf", nest(12, "oneOf", { type: "string" }), nest(12, "oneOf", { type: "integer" })],
    ["a reference to itself", { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, { allOf: [{ $ref: "#" }] }],
    ["two thousand values", { enum: values(2000, "x") }, { enum: values(2000, "y"), minLength: 9 }],
  ])("%s: an answer within a second, and it is a break", (_, older, newer) => {
    const began = process.cpuUsage();
    const breaks = findBreaks(older, newer, "backward");
    const { user } = process.cpuUsage(began);
    expect(breaks.length).toBeGreaterThan(0);
    expect(user / 1000).toBeLessThan(1000);
  });

  test("the same schema with its name alone is compatible, however it doubles", () => {
    expect(
      findBreaks(doubling(40, { type: "string" }), { ...doubling(40, { type: "string" }), title: "A" }, "backward"),
    ).toEqual([]);
  });
});

function nest(levels: number, keyword: string, leaf: unknown): Record<string, unknown> {
  let schema = leaf as Record<string, unknown>;
  for (let level = 0; level < levels; level++) {
    schema = {
      [keyword]: [
        schema,
        { type: "object", properties: { a: schema }, required: ["a"] },
        { type: "array", items: schema, minItems: level },
      ],
    };
  }
  return schema;
}

function values(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
