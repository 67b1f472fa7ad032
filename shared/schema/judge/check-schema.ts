import { isJsonObject } from "../../event/event.ts";
import { pointTo, type SchemaProblem } from "../json-schema.ts";
import { checkReferences } from "./check-references.ts";
import { schemaLimits } from "./limits.ts";
import { surveySchema } from "./survey-schema.ts";

/**
 * Everything that makes a schema unfit to register: it is not one, has a keyword that is not supported, leads out of
 * itself, has a pattern that is not linear, or is over a limit (`schemaLimits`). Empty when it is fit.
 */
export function checkSchema(schema: unknown): SchemaProblem[] {
  if (!isJsonObject(schema)) return [{ pointer: "", message: "must be a schema that is an object" }];
  const unwritable = findUnwritable(schema, 1);
  if (unwritable) return [unwritable];
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > schemaLimits.bytes)
    return [{ pointer: "", message: `has ${bytes} bytes as JSON, expected at most ${schemaLimits.bytes}` }];
  const survey = surveySchema(schema);
  if (survey.problems.length > 0) return [...survey.problems];
  return checkReferences(survey).slice(0, schemaLimits.problems);
}

/** What is too deep, or no JSON: nothing else may be looked at then. */
function findUnwritable(value: unknown, depth: number): SchemaProblem | undefined {
  if (typeof value === "number" && !Number.isFinite(value))
    return { pointer: "", message: "the number is too large for a double" };
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > schemaLimits.depth) return { pointer: "", message: `is nested more than ${schemaLimits.depth} deep` };
  for (const [name, inner] of Object.entries(value)) {
    const found = findUnwritable(inner, depth + 1);
    if (found) return { ...found, pointer: `${pointTo("", name)}${found.pointer}` };
  }
  return undefined;
}
