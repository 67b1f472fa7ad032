import type { Value } from "../json.ts";
import { compareText, encodeKey } from "../store/key.ts";
import type { Evaluator, Row } from "./evaluate.ts";

export const AGGREGATES: ReadonlySet<string> = new Set(["COUNT", "SUM", "AVG", "MIN", "MAX"]);

/** One aggregate of a query: its name and what it aggregates. */
export interface AggregateCall {
  readonly name: string;
  readonly argument: Evaluator;
  /** COUNT(1): every row counts. */
  readonly constant: boolean;
}

/** The running total of one aggregate in one group. */
export interface Total {
  add(row: Row): void;
  result(): Value;
}

export function createTotal(call: AggregateCall): Total {
  const { name, argument } = call;
  if (name === "COUNT") return createCount(argument);
  return name === "MIN" || name === "MAX"
    ? createExtreme(argument, name === "MIN" ? -1 : 1)
    : createSum(argument, name === "AVG");
}

function createCount(argument: Evaluator): Total {
  let count = 0;
  return {
    add(row) {
      if (argument(row) !== undefined) count++;
    },
    result: () => count,
  };
}

/** Undefined once anything but a number was met; undefined values are passed over. The sum of nothing is 0. */
function createSum(argument: Evaluator, average: boolean): Total {
  let sum = 0;
  let count = 0;
  let valid = true;
  return {
    add(row) {
      const value = argument(row);
      if (typeof value === "number") {
        sum += value;
        count++;
      } else if (value !== undefined) valid = false;
    },
    result: () => (valid && (count > 0 || !average) ? (average ? sum / count : sum) : undefined),
  };
}

/**
 * The least or greatest of null, booleans, numbers and strings, in that order; undefined once an array or object was
 * met.
 */
function createExtreme(argument: Evaluator, sign: -1 | 1): Total {
  let best: Value;
  let valid = true;
  return {
    add(row) {
      const value = argument(row);
      if (value === undefined) return;
      if (typeof value === "object" && value !== null) valid = false;
      else if (best === undefined || compareText(encodeKey(value), encodeKey(best)) * sign > 0) best = value;
    },
    result: () => (valid ? best : undefined),
  };
}
