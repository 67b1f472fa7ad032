import type { JsonObject } from "../json.ts";
import type { Expression } from "../sql/ast.ts";
import { type Parameters, parseQuery } from "../sql/parse.ts";
import { findComposite, type IndexingPolicy, type OrderedPath, parseIndexingPolicy } from "../store/indexing-policy.ts";
import { listRootNames, readDocumentPath } from "./path.ts";

/**
 * What no index of a policy answers, each as it stands in the query: conditions for which the service reads documents
 * and throws them away, and an ORDER BY that it refuses. Empty: indexes serve the query whole. Of conditions it knows
 * comparisons with constants and the functions of {@link SERVED}; any other counts as not served.
 */
export function findUnserved(query: string, parameters: Parameters, indexingPolicy: object): string[] {
  const policy = parseIndexingPolicy(indexingPolicy as JsonObject);
  const parsed = parseQuery(query, parameters);
  const roots = listRootNames(parsed);
  const pathOf = (node: Expression) => readDocumentPath(node, roots);
  const isServed = (node: Expression): boolean => {
    const path = pathOf(node);
    return path !== undefined && policy.includes(path);
  };
  const conditions = parsed.where ? listConditions(parsed.where) : [];
  const order = parsed.orderBy.map(({ expression, descending }) => ({ path: pathOf(expression) ?? [], descending }));
  return [
    ...conditions.filter((node) => !isServedCondition(node, isServed)).map(({ start, end }) => query.slice(start, end)),
    ...(canOrder(policy, order) ? [] : [query.slice(query.search(/\bORDER\s+BY\b/i))]),
  ];
}

/** Functions of a path that are answered by its index. */
const SERVED = new Set(["IS_DEFINED", "IS_NULL", "IS_BOOL", "IS_NUMBER", "IS_STRING", "STARTSWITH"]);
const COMPARISONS = new Set(["=", "!=", "<", "<=", ">", ">="]);

/** What AND, OR and NOT connect. */
function listConditions(node: Expression): Expression[] {
  if (node.kind === "binary" && (node.operator === "AND" || node.operator === "OR"))
    return [...listConditions(node.left), ...listConditions(node.right)];
  return node.kind === "unary" && node.operator === "NOT" ? listConditions(node.operand) : [node];
}

function isServedCondition(node: Expression, isServed: (node: Expression) => boolean): boolean {
  switch (node.kind) {
    case "literal":
      return true;
    case "binary": {
      const { operator, left, right } = node;
      const isSearch = (isServed(left) && isConstant(right)) || (isServed(right) && isConstant(left));
      return COMPARISONS.has(operator) && isSearch;
    }
    case "between":
      return isServed(node.value) && isConstant(node.low) && isConstant(node.high);
    case "in":
      return isServed(node.value) && node.list.every(isConstant);
    case "call": {
      const [path, ...others] = node.args;
      return SERVED.has(node.name) && path !== undefined && isServed(path) && others.every(isConstant);
    }
    default:
      return false;
  }
}

/** Parameters are literals by now. */
function isConstant(node: Expression): boolean {
  if (node.kind === "array") return node.items.every(isConstant);
  return node.kind === "literal" || (node.kind === "unary" && isConstant(node.operand));
}

function canOrder(policy: IndexingPolicy, order: readonly OrderedPath[]): boolean {
  const [first] = order;
  if (first === undefined) return true;
  return order.length === 1 ? policy.includes(first.path) : findComposite(policy, order) !== undefined;
}
