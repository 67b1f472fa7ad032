import { isJsonObject } from "../../event/event.ts";
import { pointTo, type SchemaProblem } from "../json-schema.ts";
import { inPlace } from "./keywords.ts";
import { schemaLimits } from "./limits.ts";
import { resolveReference } from "./references.ts";
import type { SchemaSurvey } from "./survey-schema.ts";

/**
 * Follows each schema to those that are applied to the same value. A way that comes back to where it began has no end;
 * and references that double at each step apply a few schemas a million times.
 */
export function checkReferences(survey: SchemaSurvey): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  /** How many schemas are applied to a value by each; 0 while that is being counted. */
  const applied = new Map<string, number>();
  const count = (pointer: string, by: string): number => {
    const known = applied.get(pointer);
    if (known === 0) problems.push({ pointer: by, message: "leads back to itself without going into the value" });
    if (known !== undefined) return Math.max(1, known);
    applied.set(pointer, 0);
    let sum = 1;
    for (const { at, target } of stepsOf(survey, pointer)) {
      if (target === undefined) problems.push({ pointer: at, message: "there is no schema at this place" });
      else sum += count(target, at);
    }
    if (sum > schemaLimits.applied) {
      const message = `applies more than ${schemaLimits.applied} schemas to one value`;
      problems.push({ pointer, message });
      // Told once, and not for everything above it.
      sum = 1;
    }
    applied.set(pointer, sum);
    return sum;
  };
  for (const pointer of survey.nodes.keys()) count(pointer, pointer);
  return problems;
}

interface Step {
  /** Where it is said. */
  readonly at: string;
  readonly keyword: string;
  readonly target: string | undefined;
}

/** From a schema to those that look at the same value. */
export function stepsOf(survey: SchemaSurvey, pointer: string): Step[] {
  const node = survey.nodes.get(pointer);
  if (!isJsonObject(node)) return [];
  return Object.entries(node).flatMap(([name, value]): Step[] => {
    if (!inPlace.has(name)) return [];
    const at = pointTo(pointer, name);
    if (name === "$ref")
      return typeof value === "string" ? [{ at, keyword: name, target: resolveReference(survey, value) }] : [];
    if (survey.nodes.has(at)) return [{ at, keyword: name, target: at }];
    return Object.keys(Object(value)).map((key) => ({ at: pointTo(at, key), keyword: name, target: pointTo(at, key) }));
  });
}
