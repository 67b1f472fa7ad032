import { AppError } from "../../errors.ts";
import { checkObject } from "../../event/check-json.ts";
import type { JsonObject } from "../../event/event.ts";
import { applyMapping, type Mapping } from "../evolve/mapping.ts";
import { type JsonSchema, pointTo, type SchemaProblem } from "../json-schema.ts";
import { checkSchema } from "../judge/check-schema.ts";
import type { CompiledSchema, CompileSchema } from "../judge/compile-schema.ts";
import { checkMarks } from "../privacy/rules.ts";
import { bytesOf, registryBounds } from "./bounds.ts";
import type { RegisterBody } from "./registry-bodies.ts";
import type { VersionContent } from "./registry-documents.ts";

/**
 * What is to be registered, whose schema is fit and whose examples fit it. Throws AppError `schema_invalid` with
 * pointers into the request's body.
 */
export async function checkContent(
  compile: CompileSchema,
  { schema, examples, description }: Pick<RegisterBody, "schema" | "examples" | "description">,
): Promise<VersionContent> {
  const faults = checkSchema(schema);
  const problems = (faults.length > 0 ? faults : checkMarks(schema as JsonSchema)).map((one) => ({
    ...one,
    pointer: `/schema${one.pointer}`,
  }));
  if (problems.length > 0) throw schemaInvalid("the schema cannot be registered", problems);
  const content = { schema: schema as JsonSchema, examples, description };
  const compiled = await compile(content.schema);
  const unfit = examples.flatMap((example, i) => checkExample(compiled, example, pointTo("/examples", i)) ?? []);
  if (unfit.length > 0) throw schemaInvalid("examples do not fit the schema", unfit);
  // What is too deep to be written is refused by now.
  const bytes = bytesOf(examples);
  const most = registryBounds.exampleBytes;
  if (bytes <= most) return content;
  const large = { pointer: "/examples", message: `have ${bytes} bytes as JSON, expected at most ${most}` };
  throw schemaInvalid("examples are too large", [large]);
}

/**
 * Whether the examples of the version before are read as what fits this one. Throws AppError `schema_invalid`.
 *
 * @param before undefined for a first version
 */
export async function checkMapping(
  compile: CompileSchema,
  { schema }: Pick<VersionContent, "schema">,
  mapping: Mapping,
  before: Pick<VersionContent, "examples"> | undefined,
): Promise<void> {
  const problem = (message: string): AppError =>
    schemaInvalid("the mapping cannot be registered", [{ pointer: "/mapping", message }]);
  if (!before) throw problem("reads the version before, and there is none");
  const compiled = await compile(schema);
  for (const [i, example] of before.examples.entries()) {
    const fault = compiled.findFault(applyMapping(example, mapping));
    if (fault) throw problem(`example ${i} of the version before does not fit then: ${fault.path}: ${fault.message}`);
  }
}

function checkExample(compiled: CompiledSchema, example: JsonObject, pointer: string): SchemaProblem | undefined {
  const whole = checkObject(example, "properties");
  if ("problem" in whole) return { pointer, message: `\`${whole.problem.path}\`: ${whole.problem.message}` };
  const fault = compiled.findFault(example);
  return fault && { pointer, message: `\`${fault.path}\`: ${fault.message}` };
}

function schemaInvalid(detail: string, problems: readonly SchemaProblem[]): AppError {
  const [first] = problems;
  return new AppError("schema_invalid", `${detail}: \`${first?.pointer}\` ${first?.message}`, {
    members: { problems },
  });
}
