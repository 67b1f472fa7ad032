import { AppError } from "../../errors.ts";
import { isJsonObject } from "../../event/event.ts";
import { type Turns, takeTurns } from "../../runtime/turn.ts";
import type { JsonSchema } from "../json-schema.ts";
import { checkSchema } from "./check-schema.ts";
import { compileNode, type NodeDeps } from "./compile-node.ts";
import { compileMatcher } from "./compile-values.ts";
import { JUDGING_STEPS } from "./limits.ts";
import type { MatchPattern } from "./pattern/match-pattern.ts";
import { resolveReference } from "./references.ts";
import { type Check, type Run, runOut } from "./run.ts";
import { type SchemaSurvey, surveySchema } from "./survey-schema.ts";

/** Why a value does not fit. It says what was found by its kind: a value may be nobody else's to read. */
export interface SchemaFault {
  /** Within the event: `properties.items[3].price`. */
  readonly path: string;
  readonly message: string;
  /** Judging it takes more steps than an event may have: nobody knows whether it fits. */
  readonly isTooLong?: true;
}

export interface CompiledSchema {
  /** The first fault. The same for the same value, always; within about 1 ms. */
  findFault(properties: unknown): SchemaFault | undefined;
  /** Bytes that it takes of the memory at most. */
  readonly bytes: number;
}

/** Places in the states of automata that a schema's patterns remember together. */
const REMEMBERED_PLACES = 20_000;

/** Others have their turns meanwhile. Throws AppError `schemas_unavailable` for what this release cannot judge by. */
export type CompileSchema = (schema: JsonSchema, turns?: Turns) => Promise<CompiledSchema>;

/** Most schemas have been checked when they were registered; it is cheap, and others write to stores too. */
export const compileSchema: CompileSchema = async (schema, turns = takeTurns()) => {
  const [problem] = checkSchema(schema);
  if (problem) {
    throw new AppError("schemas_unavailable", "a schema of the org cannot be judged by", {
      reason: `${problem.pointer}: ${problem.message}`,
      retryAfter: 30,
    });
  }
  await turns.pause();
  const survey = surveySchema(schema);
  const check = await compileNodes(survey, turns);
  return { findFault: (properties) => findFault(check, properties), bytes: sizeOf(schema, survey) };
};

/** The whole schema as one check. From the innermost schemas outwards, with turns for others in between. */
async function compileNodes(survey: SchemaSurvey, turns: Turns): Promise<Check> {
  const checks = new Map<string, Check>();
  const at = (pointer: string): Check => {
    const check = checks.get(pointer);
    if (!check) throw new Error(`no schema at ${pointer}`);
    return check;
  };
  const deps: NodeDeps = {
    at,
    refer: (reference) => {
      const pointer = resolveReference(survey, reference) ?? "";
      let check: Check | undefined;
      return (value, run, seen) => {
        check ??= at(pointer);
        return check(value, run, seen);
      };
    },
    matcherOf: createMatchers(survey),
  };
  for (const [pointer, node] of [...survey.nodes].reverse()) {
    checks.set(pointer, compileNode(node, pointer, deps));
    if (turns.isOver()) await turns.next();
  }
  return at("");
}

/** Each pattern once. They share what they may remember. */
function createMatchers({ nodes }: SchemaSurvey): (pattern: string) => MatchPattern {
  const matchers = new Map<string, MatchPattern>();
  const most = Math.floor(REMEMBERED_PLACES / Math.max(1, countPatterns(nodes.values())));
  return (pattern) => {
    const matcher = matchers.get(pattern) ?? compileMatcher(pattern, most);
    matchers.set(pattern, matcher);
    return matcher;
  };
}

function countPatterns(nodes: Iterable<unknown>): number {
  let count = 0;
  for (const node of nodes) {
    if (!isJsonObject(node)) continue;
    count += (node.pattern === undefined ? 0 : 1) + Object.keys(Object(node.patternProperties)).length;
  }
  return count;
}

/** More than what was measured of any schema: parts of its own, the automata of its patterns, the schema itself. */
function sizeOf(schema: JsonSchema, { nodes }: SchemaSurvey): number {
  const patterns = countPatterns(nodes.values());
  const ofPatterns = patterns === 0 ? 0 : 8 * REMEMBERED_PLACES + 4_000 * patterns;
  return 4 * JSON.stringify(schema).length + 1_500 * nodes.size + ofPatterns;
}

function findFault(check: Check, properties: unknown): SchemaFault | undefined {
  const run: Run = { left: JUDGING_STEPS, path: [], found: undefined, expected: "" };
  try {
    if (check(properties, run)) return undefined;
  } catch (error) {
    if (error !== runOut) throw error;
    const message = `judging it takes more than ${JUDGING_STEPS} steps`;
    return { path: "properties", message, isTooLong: true };
  }
  const path = run.path.reduceRight<string>(
    (before, name) => (typeof name === "number" ? `${before}[${name}]` : `${before}.${name}`),
    "properties",
  );
  return { path, message: `found ${tell(run.found)}, expected ${run.expected}` };
}

function tell(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return `an array of ${value.length} items`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
