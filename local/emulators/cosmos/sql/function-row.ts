import type { Value } from "../json.ts";

export interface QueryFunction {
  readonly min: number;
  readonly max: number;
  call(args: readonly Value[]): Value;
}

/** Name, least and most arguments, and what it does. */
export type FunctionRow = readonly [string, number, number, (args: readonly Value[]) => Value];
