import process from "node:process";
import type { JsonSchema } from "../../shared/schema/json-schema.ts";
import { checkSchema } from "../../shared/schema/judge/check-schema.ts";
import { type CompiledSchema, compileSchema } from "../../shared/schema/judge/compile-schema.ts";
import type { Hostile } from "./hostile.ts";

/** Of one schema, warm, in ms. */
export interface Measured {
  readonly name: string;
  readonly verdict: Hostile["verdict"];
  readonly compile: Cost;
  readonly judge: Cost;
}

export interface Cost {
  /** The thread's own time: on a busy machine others run in between. */
  readonly mean: number;
  /** By the clock, with whatever ran in between. */
  readonly longest: number;
}

/** Milliseconds of the thread for each figure: the system counts them by fours. */
const MEASURED_MS = 200;
const WARM_UP = 30;

/** `compile` is the check of the schema too: registering makes both. */
export async function measure({ name, schema, properties }: Hostile): Promise<Measured> {
  const compile = await costOf(async () => {
    if (checkSchema(schema).length === 0) await compileSchema(schema as JsonSchema);
  });
  if (checkSchema(schema).length > 0) return { name, verdict: "refused", compile, judge: { mean: 0, longest: 0 } };
  const compiled = await compileSchema(schema as JsonSchema);
  const judge = await costOf(async () => void compiled.findFault(properties));
  return { name, verdict: verdictOf(compiled, properties), compile, judge };
}

export function verdictOf(compiled: CompiledSchema, properties: Hostile["properties"]): Hostile["verdict"] {
  const fault = compiled.findFault(properties);
  if (!fault) return "fits";
  return fault.isTooLong ? "too long" : "does not fit";
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  for (let i = 0; i < WARM_UP; i++) await work();
  const before = process.threadCpuUsage();
  let [runs, spent, longest] = [0, 0, 0];
  while (spent < MEASURED_MS) {
    const began = performance.now();
    await work();
    longest = Math.max(longest, performance.now() - began);
    runs++;
    if (runs % WARM_UP !== 0) continue;
    const { user, system } = process.threadCpuUsage(before);
    spent = (user + system) / 1_000;
  }
  return { mean: spent / runs, longest };
}
