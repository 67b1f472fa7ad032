import { isArray, type Value } from "../json.ts";
import type { Expression } from "../sql/ast.ts";
import { encodeKey, rangeOfType } from "../store/key.ts";
import { readDocumentPath } from "./path.ts";

/**
 * A condition in SQL that holds for every document that passes WHERE. An exact one holds for no other document.
 * Otherwise WHERE is evaluated on those that pass it.
 */
export interface SqlFilter {
  readonly sql: string;
  readonly params: readonly string[];
  readonly exact: boolean;
  /** Columns that it narrows to one value. */
  readonly fixed: ReadonlySet<string>;
}

/** The keys between which a column can lie; an index can use them even below OR. */
type Bounds = ReadonlyMap<string, { readonly from?: string; readonly to?: string }>;
type Condition = Omit<SqlFilter, "fixed"> & { readonly bounds: Bounds };

export interface FilterContext {
  readonly roots: ReadonlySet<string>;
  columnOf(path: readonly string[]): string | undefined;
}

const NONE: Bounds = new Map();
const EVERYTHING: Condition = { sql: "1", params: [], exact: false, bounds: NONE };
const MIRRORED: Readonly<Record<string, string>> = { "=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

export function compileFilter(where: Expression | undefined, context: FilterContext): SqlFilter {
  const condition = where ? (compile(where, context) ?? EVERYTHING) : { ...EVERYTHING, exact: true };
  const equal = [...condition.bounds].filter(([, { from, to }]) => from !== undefined && from === to);
  return { ...condition, fixed: new Set(equal.map(([column]) => column)) };
}

function compile(node: Expression, context: FilterContext): Condition | undefined {
  switch (node.kind) {
    case "literal":
      return node.value === true ? { ...EVERYTHING, exact: true } : undefined;
    case "binary":
      return compileBinary(node, context);
    case "between":
      return all(
        compileCompare(">=", node.value, node.low, context),
        compileCompare("<=", node.value, node.high, context),
      );
    case "in":
      return compileIn(node.value, node.list.map(readConstant), context);
    case "unary":
      return node.operator === "NOT" ? compileNot(node.operand, context) : undefined;
    case "call":
      return compileCall(node.name, node.args, context);
    default:
      return undefined;
  }
}

function compileBinary(node: Expression & { readonly kind: "binary" }, context: FilterContext): Condition | undefined {
  if (node.operator === "AND") return all(compile(node.left, context), compile(node.right, context));
  if (node.operator === "OR") return any(compile(node.left, context), compile(node.right, context));
  const mirrored = MIRRORED[node.operator];
  if (mirrored === undefined) return undefined;
  return (
    compileCompare(node.operator, node.left, node.right, context) ??
    compileCompare(mirrored, node.right, node.left, context)
  );
}

/** Half of an AND is enough to find candidates. */
function all(a: Condition | undefined, b: Condition | undefined): Condition | undefined {
  const one = a ?? b;
  if (!a || !b) return one && { ...one, exact: false };
  const bounds = new Map(a.bounds);
  for (const [column, other] of b.bounds) {
    const mine = bounds.get(column);
    bounds.set(column, { ...other, ...mine });
  }
  return { sql: `(${a.sql} AND ${b.sql})`, params: [...a.params, ...b.params], exact: a.exact && b.exact, bounds };
}

/**
 * Both halves of an OR are needed. SQLite cannot use an index for `t < 5 OR (t = 5 AND id < 'x')`, which is how keyset
 * pages are asked for. So the condition that both halves imply is added: `t <= 5`.
 */
function any(a: Condition | undefined, b: Condition | undefined): Condition | undefined {
  if (!a || !b) return undefined;
  const bounds = new Map<string, { from?: string; to?: string }>();
  let sql = `(${a.sql} OR ${b.sql})`;
  const params = [...a.params, ...b.params];
  for (const [column, mine] of a.bounds) {
    const other = b.bounds.get(column);
    if (!other) continue;
    const hull: { from?: string; to?: string } = {};
    if (mine.from !== undefined && other.from !== undefined)
      hull.from = mine.from < other.from ? mine.from : other.from;
    if (mine.to !== undefined && other.to !== undefined) hull.to = mine.to > other.to ? mine.to : other.to;
    for (const [operator, bound] of [
      [">=", hull.from],
      ["<=", hull.to],
    ] as const) {
      if (bound === undefined) continue;
      sql += ` AND ${column} ${operator} ?`;
      params.push(bound);
    }
    bounds.set(column, hull);
  }
  return { sql: `(${sql})`, params, exact: a.exact && b.exact, bounds };
}

interface Constant {
  readonly value: Value;
}

function readConstant(node: Expression): Constant | undefined {
  if (node.kind === "literal") return { value: node.value };
  if (node.kind === "array") return readConstantList(node.items);
  if (node.kind !== "unary" || node.operator !== "-" || node.operand.kind !== "literal") return undefined;
  return typeof node.operand.value === "number" ? { value: -node.operand.value } : undefined;
}

function readConstantList(items: readonly Expression[]): Constant | undefined {
  const values = items.map((item) => readConstant(item)?.value);
  return values.every((value) => value !== undefined) ? { value: values } : undefined;
}

/** The key of a value that keys tell apart from every other value. */
function keyOfConstant(constant: Constant | undefined): string | undefined {
  const value = constant?.value;
  return value === undefined || (typeof value === "object" && value !== null) ? undefined : encodeKey(value);
}

function columnOf(node: Expression, context: FilterContext): string | undefined {
  const path = readDocumentPath(node, context.roots);
  return path && context.columnOf(path);
}

function compileCompare(
  operator: string,
  left: Expression,
  right: Expression,
  context: FilterContext,
): Condition | undefined {
  const column = columnOf(left, context);
  const key = keyOfConstant(readConstant(right));
  if (column === undefined || key === undefined) return undefined;
  if (operator === "=")
    return { sql: `${column} = ?`, params: [key], exact: true, bounds: new Map([[column, { from: key, to: key }]]) };
  if (operator === "!=")
    return { sql: `(${column} <> ? AND ${column} <> '0')`, params: [key], exact: true, bounds: NONE };
  const type = rangeOfKeys(key);
  return operator.startsWith("<")
    ? within(column, ">=", type.from, operator, key)
    : within(column, "<", type.to, operator, key);
}

/** Two bounds: the one asked for, and the end of the type that it belongs to. */
function within(column: string, typeOperator: ">=" | "<", typeBound: string, operator: string, key: string): Condition {
  const bounds = typeOperator === ">=" ? { from: typeBound, to: key } : { from: key, to: typeBound };
  return {
    sql: `(${column} ${operator} ? AND ${column} ${typeOperator} ?)`,
    params: [key, typeBound],
    exact: true,
    bounds: new Map([[column, bounds]]),
  };
}

/** False and true are keys of their own, but of one type. */
function rangeOfKeys(key: string): { readonly from: string; readonly to: string } {
  return key === "2" || key === "3" ? { from: "2", to: "4" } : rangeOfType(key);
}

/** One statement for lists of any length. */
function compileIn(
  node: Expression,
  list: readonly (Constant | undefined)[],
  context: FilterContext,
): Condition | undefined {
  const column = columnOf(node, context);
  const keys = list.map(keyOfConstant);
  if (column === undefined || !keys.every((key) => key !== undefined)) return undefined;
  return {
    sql: `${column} IN (SELECT value FROM json_each(?))`,
    params: [JSON.stringify(keys)],
    exact: keys.every(isWellFormed),
    bounds: NONE,
  };
}

// A lone surrogate does not survive JSON and UTF-8.
const isWellFormed = (key: string): boolean => key.isWellFormed();

function compileNot(operand: Expression, context: FilterContext): Condition | undefined {
  if (operand.kind === "call" && operand.name === "IS_DEFINED") return ofType(operand.args[0], context, "0", "1");
  if (operand.kind === "binary" && (operand.operator === "=" || operand.operator === "!=")) {
    return compileBinary({ ...operand, operator: operand.operator === "=" ? "!=" : "=" }, context);
  }
  return undefined;
}

function compileCall(name: string, args: readonly Expression[], context: FilterContext): Condition | undefined {
  const [first, second] = args;
  switch (name) {
    case "IS_DEFINED":
      return ofType(first, context, "1", "9");
    case "IS_NULL":
      return ofType(first, context, "1", "2");
    case "IS_BOOL":
      return ofType(first, context, "2", "4");
    case "IS_NUMBER":
      return ofType(first, context, "4", "5");
    case "IS_STRING":
      return ofType(first, context, "5", "6");
    case "STARTSWITH":
      return args.length === 2 && first && second
        ? compilePrefix(first, readConstant(second)?.value, context)
        : undefined;
    case "ARRAY_CONTAINS": {
      const list = first && readConstant(first)?.value;
      if (args.length !== 2 || !second || !isArray(list)) return undefined;
      return compileIn(
        second,
        list.map((value) => ({ value })),
        context,
      ); // prettier-ignore
    }
    default:
      return undefined;
  }
}

function ofType(node: Expression | undefined, context: FilterContext, from: string, to: string): Condition | undefined {
  const column = node && columnOf(node, context);
  if (column === undefined) return undefined;
  return {
    sql: `(${column} >= ? AND ${column} < ?)`,
    params: [from, to],
    exact: true,
    bounds: new Map([[column, { from, to }]]),
  };
}

function compilePrefix(node: Expression, prefix: Value, context: FilterContext): Condition | undefined {
  const column = columnOf(node, context);
  if (column === undefined || typeof prefix !== "string") return undefined;
  const from = encodeKey(prefix);
  const to = `${from}\u{10ffff}`;
  return {
    sql: `(${column} >= ? AND ${column} < ?)`,
    params: [from, to],
    exact: false,
    bounds: new Map([[column, { from, to }]]),
  };
}
