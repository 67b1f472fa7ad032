import { expect, it } from "vitest";
import { hostile } from "../../../../bench/schemas/hostile.ts";
import { verdictOf } from "../../../../bench/schemas/measure.ts";
import type { JsonSchema } from "../../../../shared/schema/json-schema.ts";
import { checkSchema } from "../../../../shared/schema/judge/check-schema.ts";
import { compileSchema } from "../../../../shared/schema/judge/compile-schema.ts";

const refused = hostile.filter(({ verdict }) => verdict === "refused");
const judged = hostile.filter(({ verdict }) => verdict !== "refused");

it("has 20 hostile schemas and events or more", () => {
  expect(hostile.length).toBeGreaterThanOrEqual(20);
});

it.each(refused)("refuses the schema: $name", async ({ schema }) => {
  expect(checkSchema(schema)).not.toEqual([]);
  await expect(compileSchema(schema as JsonSchema)).rejects.toMatchObject({ code: "schemas_unavailable" });
});

it.each(judged)("takes the schema and says `$verdict` each time: $name", async ({ schema, properties, verdict }) => {
  expect(checkSchema(schema)).toEqual([]);
  const compiled = await compileSchema(schema as JsonSchema);
  // What patterns remember of texts makes another one no other.
  for (let i = 0; i < 3; i++) expect(verdictOf(compiled, properties)).toBe(verdict);
});

it("judges an event of any size to an end: steps and not time end it", async () => {
  const { findFault } = await compileSchema({ additionalProperties: { not: { pattern: "^(a|b)*a(a|b){12}$" } } });
  const texts = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, `${i.toString(2)}ab`.repeat(10)]));
  expect(findFault(texts)).toMatchObject({ path: "properties", isTooLong: true });
});
