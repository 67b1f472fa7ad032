import { badRequest } from "../errors.ts";
import type { PartitionKeyValue } from "../partition/definition.ts";
import { computeEffectiveKey } from "../partition/effective-key.ts";
import { AGGREGATES } from "../sql/aggregate.ts";
import type { Expression, Query, Span } from "../sql/ast.ts";
import { containsAggregate, listSelected, nameItems } from "../sql/compile.ts";
import type { Container } from "../store/container.ts";
import { samePath } from "../store/indexing-policy.ts";
import { listRootNames, readDocumentPath } from "./path.ts";

const AGGREGATE_TYPES: Readonly<Record<string, string>> = {
  COUNT: "Count",
  SUM: "Sum",
  AVG: "Average",
  MIN: "Min",
  MAX: "Max",
};
/** The SDK puts the condition here from which it resumes; `true` at first. */
const PLACEHOLDER = "{documentdb-formattableorderbyquery-filter}";

/** Whether answers of several ranges cannot simply follow each other. The SDK then merges them by a plan. */
export function needsMerge(query: Query): boolean {
  const aggregates = listSelected(query.selection).some(containsAggregate);
  const slices = query.top !== undefined || query.offset !== undefined || query.distinct;
  return aggregates || slices || query.groupBy.length > 0 || query.orderBy.length > 0;
}

/**
 * How the SDK is to ask each range and to merge the answers. @throws {CosmosError} 400 for a query that cannot be
 * merged
 */
export function planQuery(text: string, query: Query, container: Container): object {
  const rewritten = container.ranges.length > 1 && needsMerge(query) ? rewrite(text, query) : {};
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: { ...IDENTITY, ...rewritten },
    queryRanges: [chooseRange(query, container)],
  };
}

const IDENTITY = {
  distinctType: "None",
  top: null,
  offset: null,
  limit: null,
  orderBy: [],
  orderByExpressions: [],
  groupByExpressions: [],
  groupByAliases: [],
  aggregates: [],
  groupByAliasToAggregateType: {},
  rewrittenQuery: "",
  hasSelectValue: false,
  hasNonStreamingOrderBy: false,
};

function rewrite(text: string, query: Query): object {
  const slice = (span: Span): string => text.slice(span.start, span.end);
  const slicing = { top: query.top ?? null, offset: query.offset ?? null, limit: query.limit ?? null };
  const distinctType = query.distinct ? "Unordered" : "None";
  const hasSelectValue = query.selection.kind === "value";
  const common = { ...slicing, distinctType, hasSelectValue };
  if (query.groupBy.length > 0 || listSelected(query.selection).some(containsAggregate)) {
    return { ...common, ...rewriteGroups(query, slice) };
  }
  if (query.orderBy.length > 0) return { ...common, ...rewriteOrder(query, slice) };
  const where = query.where ? ` WHERE ${slice(query.where)}` : "";
  const distinct = query.distinct ? "DISTINCT " : "";
  const rewrittenQuery = `SELECT ${distinct}${takeFirst(query)}${slice(query.span.selection)} ${slice(query.span.from)}${where}${takeLimit(query)}`;
  return { ...common, rewrittenQuery };
}

// A range answers no more than the whole query may; with DISTINCT that is known only after merging.
const takeFirst = (query: Query): string => (query.top !== undefined && !query.distinct ? `TOP ${query.top} ` : "");
const takeLimit = (query: Query): string =>
  query.offset !== undefined && !query.distinct ? ` OFFSET 0 LIMIT ${query.offset + (query.limit ?? 0)}` : "";

function rewriteOrder(query: Query, slice: (span: Span) => string): object {
  const root = nameRoot(query);
  const items = query.orderBy.map(({ expression }) => `{"item": ${slice(expression)}}`);
  const order = query.orderBy.map(
    ({ expression, descending }) => `${slice(expression)} ${descending ? "DESC" : "ASC"}`,
  );
  const payload = writePayload(query, slice);
  const conditions = [
    query.where && slice(query.where),
    PLACEHOLDER,
    query.selection.kind === "value" ? `IS_DEFINED(${payload})` : undefined,
  ];
  const where = conditions.filter((condition) => condition !== undefined).map((condition) => `(${condition})`);
  return {
    orderBy: query.orderBy.map(({ descending }) => (descending ? "Descending" : "Ascending")),
    orderByExpressions: query.orderBy.map(({ expression }) => slice(expression)),
    rewrittenQuery:
      `SELECT ${takeFirst(query)}${root}._rid, [${items.join(", ")}] AS orderByItems, ${payload} AS payload ` +
      `${slice(query.span.from)} WHERE ${where.join(" AND ")} ORDER BY ${order.join(", ")}${takeLimit(query)}`,
  };
}

function nameRoot(query: Query): string {
  const [source] = query.sources;
  return source?.kind === "root" ? source.name : (query.rootName ?? "c");
}

function writePayload(query: Query, slice: (span: Span) => string): string {
  const { selection } = query;
  if (selection.kind === "star") return query.sources[0]?.alias ?? "c";
  if (selection.kind === "value") return slice(selection.expression);
  const members = nameItems(selection.items).map(
    ({ name, expression }) => `${JSON.stringify(name)}: ${slice(expression)}`,
  );
  return `{${members.join(", ")}}`;
}

function rewriteGroups(query: Query, slice: (span: Span) => string): object {
  const { selection } = query;
  const where = query.where ? ` WHERE ${slice(query.where)}` : "";
  const groupBy = query.groupBy.map(slice);
  const tail = `${slice(query.span.from)}${where}${groupBy.length > 0 ? ` GROUP BY ${groupBy.join(", ")}` : ""}`;
  const keys = groupBy.length > 0 ? `[${groupBy.map((key) => `{"item": ${key}}`).join(", ")}] AS groupByItems, ` : "";
  if (selection.kind === "value") {
    const type = readAggregate(selection.expression);
    const item = type ? `[{"item": ${writeTotal(selection.expression, slice)}}]` : slice(selection.expression);
    const head = groupBy.length > 0 ? `${keys}${item} AS payload` : `VALUE ${item}`;
    return { aggregates: type ? [type] : [], groupByExpressions: groupBy, rewrittenQuery: `SELECT ${head} ${tail}` };
  }
  const named = nameItems(selection.kind === "items" ? selection.items : []);
  const members = named.map(({ name, expression }) => {
    const value = readAggregate(expression) ? `{"item": ${writeTotal(expression, slice)}}` : slice(expression);
    return `${JSON.stringify(name)}: ${value}`;
  });
  return {
    groupByExpressions: groupBy,
    groupByAliases: named.map(({ name }) => name),
    groupByAliasToAggregateType: Object.fromEntries(
      named.map(({ name, expression }) => [name, readAggregate(expression) ?? null]),
    ),
    rewrittenQuery: `SELECT ${keys}{${members.join(", ")}} AS payload ${tail}`,
  };
}

function readAggregate(expression: Expression): string | undefined {
  if (expression.kind === "call" && AGGREGATES.has(expression.name)) return AGGREGATE_TYPES[expression.name];
  if (containsAggregate(expression)) {
    throw badRequest("Compositions of aggregates and other expressions are not allowed.");
  }
  return undefined;
}

/** A partial total as the SDK's aggregators take it. */
function writeTotal(expression: Expression, slice: (span: Span) => string): string {
  const total = slice(expression);
  if (expression.kind !== "call" || expression.args[0] === undefined) return total;
  const argument = slice(expression.args[0]);
  switch (expression.name) {
    case "AVG":
      return `(IS_DEFINED(SUM(${argument})) ? {"sum": SUM(${argument}), "count": COUNT(${argument})} : undefined)`;
    case "MIN":
      return `{"min": ${total}, "count": COUNT(${argument})}`;
    case "MAX":
      return `{"max": ${total}, "count": COUNT(${argument})}`;
    default:
      return total;
  }
}

const FULL_RANGE = { min: "", max: "FF", isMinInclusive: true, isMaxInclusive: false };

/** Only the ranges that can hold what WHERE asks for: a query of one org goes to the org's range. */
function chooseRange(query: Query, container: Container): object {
  const equals = listEqualities(query.where, listRootNames(query));
  const components: PartitionKeyValue[] = [];
  for (const path of container.partitionPaths) {
    const found = equals.find((item) => samePath(item.path, path));
    if (!found) break;
    components.push(found.value);
  }
  if (components.length === 0) return FULL_RANGE;
  const min = computeEffectiveKey(container.partitionKey, components);
  return { ...FULL_RANGE, min, max: `${min}FF` };
}

interface Equality {
  readonly path: readonly string[];
  readonly value: string | number | boolean | null;
}

function listEqualities(where: Expression | undefined, roots: ReadonlySet<string>): readonly Equality[] {
  if (where?.kind !== "binary") return [];
  if (where.operator === "AND") return [...listEqualities(where.left, roots), ...listEqualities(where.right, roots)];
  if (where.operator !== "=") return [];
  return [readEquality(where.left, where.right, roots), readEquality(where.right, where.left, roots)].filter(
    (item) => item !== undefined,
  );
}

function readEquality(left: Expression, right: Expression, roots: ReadonlySet<string>): Equality | undefined {
  const path = readDocumentPath(left, roots);
  if (!path || right.kind !== "literal" || right.value === undefined) return undefined;
  if (typeof right.value === "object" && right.value !== null) return undefined;
  return { path, value: right.value as Equality["value"] };
}
