import { HostError } from "../host-error.ts";

export type Constraint = (value: string) => boolean;
type ConstraintFactory = (args: string) => Constraint;

const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const GUID = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i;
const MAX_INT32 = 2n ** 31n;
const MAX_INT64 = 2n ** 63n;

function isIntegerBelow(limit: bigint): Constraint {
  return (value) =>
    INTEGER.test(value) && BigInt(value.replace("+", "")) < limit && BigInt(value.replace("+", "")) >= -limit;
}

const isLong = isIntegerBelow(MAX_INT64);
const isDecimal: Constraint = (value) => /\d/.test(value) && NUMBER.test(value);

function parseNumbers(name: string, args: string, counts: readonly number[]): number[] {
  const numbers = args.split(",").map((arg) => Number(arg.trim() || Number.NaN));
  if (counts.includes(numbers.length) && numbers.every(Number.isInteger)) return numbers;
  throw new HostError(`the constraint '${name}(${args})' has wrong arguments`);
}

function withNumbers(
  counts: readonly number[],
  make: (numbers: number[]) => Constraint,
): (name: string) => ConstraintFactory {
  return (name) => (args) => make(parseNumbers(name, args, counts));
}

const NUMERIC: Readonly<Record<string, (name: string) => ConstraintFactory>> = {
  minlength: withNumbers(
    [1],
    ([n = 0]) =>
      (value) =>
        value.length >= n,
  ),
  maxlength: withNumbers(
    [1],
    ([n = 0]) =>
      (value) =>
        value.length <= n,
  ),
  length: withNumbers(
    [1, 2],
    ([n = 0, m = n]) =>
      (value) =>
        value.length >= n && value.length <= m,
  ),
  min: withNumbers(
    [1],
    ([n = 0]) =>
      (value) =>
        isLong(value) && Number(value) >= n,
  ),
  max: withNumbers(
    [1],
    ([n = 0]) =>
      (value) =>
        isLong(value) && Number(value) <= n,
  ),
  range: withNumbers(
    [2],
    ([n = 0, m = 0]) =>
      (value) =>
        isLong(value) && Number(value) >= n && Number(value) <= m,
  ),
};

const PLAIN: Readonly<Record<string, Constraint>> = {
  int: isIntegerBelow(MAX_INT32),
  long: isLong,
  bool: (value) => /^(true|false)$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  decimal: isDecimal,
  double: (value) => FLOAT.test(value) || isDecimal(value),
  float: (value) => FLOAT.test(value) || isDecimal(value),
  guid: (value) => GUID.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== "",
};

/**
 * ASP.NET's inline constraints: `int`, `guid`, `range(1,9)`, `regex(^a+$)` and so on.
 *
 * @see https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints @throws HostError for an unknown
 * one, or one with wrong arguments
 */
export function createConstraint(text: string): Constraint {
  const [, name = "", , args] = /^([a-z]+)(\((.*)\))?$/is.exec(text) ?? [];
  const key = name.toLowerCase();
  if (key === "regex" && args !== undefined) {
    const pattern = new RegExp(args, "i");
    return (value) => pattern.test(value);
  }
  const numeric = NUMERIC[key];
  if (numeric && args !== undefined) return numeric(key)(args);
  const plain = PLAIN[key];
  if (plain && args === undefined) return plain;
  throw new HostError(`the constraint '${text}' is unknown`);
}
