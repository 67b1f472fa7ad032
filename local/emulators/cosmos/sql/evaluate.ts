import { badRequest } from "../errors.ts";
import { getMember, type Json, type Value } from "../json.ts";
import type { Expression, Query } from "./ast.ts";
import type { QueryFunction } from "./function-row.ts";
import { and, calculate, compareValues, equalValues, matchLike, not, or } from "./values.ts";

/** The values that an expression reads while one row is looked at. */
export interface Row {
  /** One per alias of FROM and JOIN, of the query and of the queries around it. */
  readonly slots: Value[];
  /** Results of aggregates, once a group is complete. */
  totals: readonly Value[];
}

export type Evaluator = (row: Row) => Value;

/** The meaning of names and calls where an expression stands. */
export interface Scope {
  /** @returns the slot, or undefined when nothing has that name */
  resolve(name: string): number | undefined;
  readonly functions: ReadonlyMap<string, QueryFunction>;
  /** Where aggregates may stand: registers one and gives the index of its total. */
  readonly aggregate?: (name: string, args: readonly Expression[]) => number | undefined;
  compileSubquery(query: Query): (row: Row) => readonly Value[];
}

/** Compiles to closures, so that a query over many documents walks its tree once. */
export function compileExpression(expression: Expression, scope: Scope): Evaluator {
  const compile = (node: Expression): Evaluator => compileExpression(node, scope);
  switch (expression.kind) {
    case "literal": {
      const { value } = expression;
      return () => value;
    }
    case "name":
      return compileName(expression.name, scope);
    case "member":
      return compileMember(compile(expression.object), expression.key, compile);
    case "unary":
      return compileUnary(expression.operator, compile(expression.operand));
    case "binary":
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right));
    case "between":
      return compileBetween(compile(expression.value), compile(expression.low), compile(expression.high));
    case "in":
      return compileIn(compile(expression.value), expression.list.map(compile));
    case "like":
      return compileLike(
        compile(expression.value),
        compile(expression.pattern),
        expression.escapeWith && compile(expression.escapeWith),
      );
    case "conditional": {
      const [test, then, otherwise] = [
        compile(expression.test),
        compile(expression.then),
        compile(expression.otherwise),
      ];
      return (row) => (test(row) === true ? then(row) : otherwise(row));
    }
    case "call":
      return compileCall(expression.name, expression.args, scope);
    case "array": {
      const items = expression.items.map(compile);
      return (row) => items.map((item) => item(row)).filter((value) => value !== undefined);
    }
    case "object": {
      const members = expression.members.map(([key, node]) => [key, compile(node)] as const);
      return (row) => buildObject(members, row);
    }
    default:
      return compileNested(expression.kind, scope.compileSubquery(expression.query));
  }
}

/** Members without a value are left out, as in every answer of Cosmos DB. */
export function buildObject(members: readonly (readonly [string, Evaluator])[], row: Row): Json {
  const built: Record<string, Json> = {};
  for (const [key, evaluate] of members) {
    const value = evaluate(row);
    if (value === undefined) continue;
    // A plain assignment to `__proto__` would set the prototype.
    if (key === "__proto__") Object.defineProperty(built, key, { value, enumerable: true });
    else built[key] = value;
  }
  return built;
}

function compileName(name: string, scope: Scope): Evaluator {
  const slot = scope.resolve(name);
  if (slot === undefined) throw badRequest(`Identifier '${name}' could not be resolved.`);
  return (row) => row.slots[slot];
}

function compileMember(object: Evaluator, key: Expression, compile: (node: Expression) => Evaluator): Evaluator {
  if (key.kind === "literal" && (typeof key.value === "string" || typeof key.value === "number")) {
    const constant = key.value;
    return (row) => getMember(object(row), constant);
  }
  const evaluateKey = compile(key);
  return (row) => {
    const value = evaluateKey(row);
    return typeof value === "string" || typeof value === "number" ? getMember(object(row), value) : undefined;
  };
}

function compileUnary(operator: "NOT" | "-" | "+", operand: Evaluator): Evaluator {
  if (operator === "NOT") return (row) => not(operand(row));
  return (row) => {
    const value = operand(row);
    if (typeof value !== "number") return undefined;
    return operator === "-" ? -value : value;
  };
}

function compileBinary(operator: string, left: Evaluator, right: Evaluator): Evaluator {
  switch (operator) {
    case "AND":
      return (row) => {
        const value = left(row);
        return value === false ? false : and(value, right(row));
      };
    case "OR":
      return (row) => {
        const value = left(row);
        return value === true ? true : or(value, right(row));
      };
    case "=":
      return (row) => equalValues(left(row), right(row));
    case "!=":
      return (row) => not(equalValues(left(row), right(row)));
    case "??":
      return (row) => left(row) ?? (left(row) === null ? null : right(row));
    case "||":
      return (row) => {
        const [a, b] = [left(row), right(row)];
        return typeof a === "string" && typeof b === "string" ? a + b : undefined;
      };
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compileComparison(operator, left, right);
    default:
      return (row) => calculate(operator as "+", left(row), right(row));
  }
}

const COMPARISONS: Readonly<Record<"<" | "<=" | ">" | ">=", (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function compileComparison(operator: "<" | "<=" | ">" | ">=", left: Evaluator, right: Evaluator): Evaluator {
  const holds = COMPARISONS[operator];
  return (row) => {
    const order = compareValues(left(row), right(row));
    return order === undefined ? undefined : holds(order);
  };
}

function compileBetween(value: Evaluator, low: Evaluator, high: Evaluator): Evaluator {
  return and2(compileComparison(">=", value, low), compileComparison("<=", value, high));
}

const and2 =
  (a: Evaluator, b: Evaluator): Evaluator =>
  (row) =>
    and(a(row), b(row));

function compileIn(value: Evaluator, list: readonly Evaluator[]): Evaluator {
  return (row) => {
    const wanted = value(row);
    return list.reduce<Value>(
      (found, item) => (found === true ? true : or(found, equalValues(wanted, item(row)))),
      false,
    );
  };
}

function compileLike(value: Evaluator, pattern: Evaluator, escapeWith: Evaluator | undefined): Evaluator {
  return (row) => {
    const [text, wanted, mark] = [value(row), pattern(row), escapeWith?.(row)];
    if (typeof text !== "string" || typeof wanted !== "string") return undefined;
    return matchLike(text, wanted, typeof mark === "string" ? mark : undefined);
  };
}

function compileCall(name: string, args: readonly Expression[], scope: Scope): Evaluator {
  const total = scope.aggregate?.(name, args);
  if (total !== undefined) return (row) => row.totals[total];
  const found = scope.functions.get(name);
  if (!found) throw badRequest(`'${name}' is not a function that this emulator of Cosmos DB supports here.`);
  if (args.length < found.min || args.length > found.max) {
    throw badRequest(`The function '${name}' takes ${found.min} to ${found.max} arguments, not ${args.length}.`);
  }
  const evaluators = args.map((arg) => compileExpression(arg, scope));
  return (row) => found.call(evaluators.map((evaluate) => evaluate(row)));
}

function compileNested(kind: "exists" | "list" | "subquery", run: (row: Row) => readonly Value[]): Evaluator {
  if (kind === "exists") return (row) => run(row).length > 0;
  if (kind === "subquery") return (row) => run(row)[0];
  return (row) => run(row).filter((value) => value !== undefined);
}
