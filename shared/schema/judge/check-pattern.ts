import { schemaLimits } from "./limits.ts";
import { PatternError, parsePattern } from "./pattern/parse-pattern.ts";
import { isClass, type PatternProgram, toProgram } from "./pattern/pattern-program.ts";

/** What the patterns of a schema have together. */
export interface PatternCount {
  count: number;
  steps: number;
  readonly classes: Set<string>;
}

/** Throws PatternError. */
export function readPattern(source: string): PatternProgram {
  if (source.length > schemaLimits.patternLength)
    throw new PatternError(`has ${source.length} characters, expected at most ${schemaLimits.patternLength}`);
  return toProgram(parsePattern(source), schemaLimits.patternSteps);
}

/** Why it is no pattern, or one too many. */
export function checkPattern(value: unknown, all: PatternCount): string | undefined {
  if (typeof value !== "string") return "must be a text";
  // What comes after it is not looked at: it could cost as much as all the others.
  if (++all.count > schemaLimits.patterns) return `is one of more than ${schemaLimits.patterns} patterns`;
  if (all.steps > schemaLimits.allPatternSteps) return "stands behind patterns that are too long together";
  try {
    const { steps, atoms } = readPattern(value);
    all.steps += steps.length;
    for (const atom of atoms) if (isClass(atom)) all.classes.add(atom);
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
  if (all.steps > schemaLimits.allPatternSteps)
    return `has, with the patterns before it, more than ${schemaLimits.allPatternSteps} steps`;
  if (all.classes.size > schemaLimits.classes)
    return `has, with the patterns before it, more than ${schemaLimits.classes} different classes of characters`;
  return undefined;
}
