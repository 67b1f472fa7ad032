import type { JsonSchema } from "../../shared/schema/json-schema.ts";
import { compileSchema } from "../../shared/schema/judge/compile-schema.ts";
import { compareNames } from "./compare-names.ts";
import type { Observation } from "./infer-schema.ts";

export interface Drift {
  readonly judged: number;
  /** What does not fit, by place and message, the commonest first. */
  readonly faults: readonly { readonly path: string; readonly message: string; readonly count: number }[];
  /** Paths of properties that came and that the schema does not name, without those below one of them. */
  readonly unnamed: readonly string[];
  /** Likewise of those that the schema names and no event had. */
  readonly unused: readonly string[];
}

/** How events differ from a schema that is there. */
export async function findDrift(
  schema: JsonSchema,
  values: readonly unknown[],
  observations: readonly Observation[],
): Promise<Drift> {
  const { findFault } = await compileSchema(schema);
  const counts = new Map<string, { path: string; message: string; count: number }>();
  for (const value of values) {
    const fault = findFault(value);
    if (!fault) continue;
    const key = JSON.stringify([fault.path.replaceAll(/\[\d+\]/g, "[]"), fault.message]);
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { path: fault.path, message: fault.message, count: 1 });
  }
  return {
    judged: values.length,
    faults: [...counts.values()].sort((a, b) => b.count - a.count),
    ...compareNames(schema, observations),
  };
}
