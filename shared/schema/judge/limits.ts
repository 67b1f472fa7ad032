/**
 * What a schema may have. Tenants write schemas, and all orgs share an instance: these bound what one costs to check,
 * to compile, to remember and to judge by.
 */
export const schemaLimits = {
  /** Of the schema as JSON. */
  bytes: 64 * 1024,
  /** Levels of objects and arrays, of the schema itself too. */
  depth: 64,
  /** Schemas within the schema, itself too. */
  schemas: 2_000,
  /** Values of one `enum`. */
  enumValues: 1_000,
  /** `pattern` and names of `patternProperties`, together. */
  patterns: 100,
  /** Characters of a pattern. */
  patternLength: 512,
  /** Steps of a pattern, its repetitions written out: `[a-z]{1,64}` has 127. */
  patternSteps: 1_000,
  /** The same of all patterns together. */
  allPatternSteps: 5_000,
  /** Different classes of characters in all patterns together, such as `[a-z]` and `\\p{L}`. */
  classes: 100,
  /** How many schemas are applied to one value at most, by `$ref`, `allOf` and the like. */
  applied: 500,
  /** Faults that are told of one schema. */
  problems: 100,
} as const;

/**
 * Steps that judging one event may take: a schema applied, a name looked up, 8 characters matched, a transition of a
 * pattern made. It is as many on every machine; `npm run bench:schemas` says what they take on this one.
 */
export const JUDGING_STEPS = 10_000;
