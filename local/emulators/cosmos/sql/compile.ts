import { badRequest } from "../errors.ts";
import { getPath, isArray, type Value } from "../json.ts";
import { AGGREGATES, type AggregateCall } from "./aggregate.ts";
import type { Expression, Query, SelectItem, Selection, Source } from "./ast.ts";
import type { CompiledQuery } from "./compiled-query.ts";
import { buildObject, compileExpression, type Evaluator, type Row, type Scope } from "./evaluate.ts";
import type { QueryFunction } from "./function-row.ts";
import { createResultSet } from "./result-set.ts";
import { unsupported } from "./tokenize.ts";

type Functions = ReadonlyMap<string, QueryFunction>;
type Names = ReadonlyMap<string, number>;

/** @throws {CosmosError} 400 for names that mean nothing and for parts that cannot be combined */
export function compileQuery(query: Query, functions: Functions): CompiledQuery {
  const first = query.sources[0];
  if (first?.kind === "rows") throw unsupported("FROM (SELECT …)", query.span.from.start);
  const names = new Map<string, number>();
  const rootName = first?.kind === "root" ? first.name : query.rootName;
  if (rootName !== undefined) names.set(rootName, 0);
  return compileClauses(query, names, 1, functions);
}

function compileClauses(query: Query, outer: Names, firstSlot: number, functions: Functions): CompiledQuery {
  const names = new Map(outer);
  const steps = query.sources.map((source, index) => {
    const slot = firstSlot + index;
    const step = compileSource(source, createScope(names, slot, functions), slot);
    names.set(source.alias, slot);
    return step;
  });
  const nextSlot = firstSlot + steps.length;
  const scope = createScope(names, nextSlot, functions);
  const aggregates: AggregateCall[] = [];
  const where = query.where && compileExpression(query.where, scope);
  const selectionScope: Scope = {
    ...scope,
    aggregate: (name, args) => registerAggregate(aggregates, name, args, scope),
  };
  const project = compileSelection(query, selectionScope, firstSlot);
  if (aggregates.length > 0 || query.groupBy.length > 0) checkGrouping(query);
  return {
    query,
    expand: (row, visit) => {
      expandFrom(steps, 0, row, () => (where && where(row) !== true ? true : visit()));
    },
    project,
    orderBy: query.orderBy.map((item) => compileExpression(item.expression, scope)),
    groupBy: query.groupBy.map((expression) => compileExpression(expression, scope)),
    aggregates,
    returnsDocument: returnsDocument(query),
  };
}

function createScope(names: Names, nextSlot: number, functions: Functions): Scope {
  const known = new Map(names);
  return {
    resolve: (name) => known.get(name),
    functions,
    compileSubquery: (query) => compileSubquery(query, known, nextSlot, functions),
  };
}

function compileSubquery(
  query: Query,
  names: Names,
  slot: number,
  functions: Functions,
): (row: Row) => readonly Value[] {
  const compiled = compileClauses(query, names, slot, functions);
  return (row) => {
    const results = createResultSet(compiled);
    // Totals belong to the query around it; a subquery has its own.
    const inner: Row = { slots: row.slots, totals: [] };
    compiled.expand(inner, () => {
      results.add(inner);
      return true;
    });
    return results.finish();
  };
}

type Step = (row: Row) => readonly Value[] | undefined;

/** Fills a slot with each value of the source in turn. */
function compileSource(source: Source, scope: Scope, slot: number): { readonly slot: number; readonly values: Step } {
  if (source.kind === "rows") return { slot, values: scope.compileSubquery(source.query) };
  if (source.kind === "elements") {
    const array = compileExpression(source.array, scope);
    return {
      slot,
      values: (row) => {
        const value = array(row);
        return isArray(value) ? value : undefined;
      },
    };
  }
  const root = scope.resolve(source.name);
  if (root === undefined) throw badRequest(`Identifier '${source.name}' could not be resolved.`);
  return {
    slot,
    values: (row) => {
      const value = getPath(row.slots[root], source.path);
      return value === undefined ? undefined : [value];
    },
  };
}

function expandFrom(
  steps: readonly { readonly slot: number; readonly values: Step }[],
  index: number,
  row: Row,
  visit: () => boolean,
): boolean {
  const step = steps[index];
  if (!step) return visit();
  for (const value of step.values(row) ?? []) {
    row.slots[step.slot] = value;
    if (!expandFrom(steps, index + 1, row, visit)) return false;
  }
  return true;
}

function registerAggregate(
  calls: AggregateCall[],
  name: string,
  args: readonly Expression[],
  scope: Scope,
): number | undefined {
  if (!AGGREGATES.has(name)) return undefined;
  const [argument] = args;
  if (!argument || args.length > 1) throw badRequest(`The aggregate '${name}' takes one argument.`);
  const constant = argument.kind === "literal" && argument.value !== undefined;
  return calls.push({ name, argument: compileExpression(argument, scope), constant }) - 1;
}

function compileSelection(query: Query, scope: Scope, firstSlot: number): Evaluator {
  const { selection } = query;
  if (selection.kind === "value") return compileExpression(selection.expression, scope);
  if (selection.kind === "star") {
    if (query.sources.length !== 1) throw badRequest("'SELECT *' is only valid with a single input set.");
    return (row) => row.slots[firstSlot];
  }
  const named = nameItems(selection.items);
  const members = named.map(({ name, expression }) => [name, compileExpression(expression, scope)] as const);
  return (row) => buildObject(members, row);
}

/** The member that each item of a select list becomes: its alias, the last step of its path, or `$1`, `$2`… */
export function nameItems(
  items: readonly SelectItem[],
): readonly { readonly name: string; readonly expression: Expression }[] {
  let unnamed = 0;
  return items.map(({ expression, alias }) => ({
    name: alias ?? nameOf(expression) ?? `$${++unnamed}`,
    expression,
  }));
}

function nameOf(expression: Expression): string | undefined {
  if (expression.kind === "name") return expression.name;
  if (expression.kind !== "member" || expression.key.kind !== "literal") return undefined;
  return typeof expression.key.value === "string" ? expression.key.value : undefined;
}

function checkGrouping(query: Query): void {
  if (query.selection.kind === "star") throw badRequest("'SELECT *' cannot be combined with GROUP BY or aggregates.");
  const allowed = new Set(query.groupBy.map(describe));
  for (const expression of listSelected(query.selection)) {
    if (expression.kind === "literal" || containsAggregate(expression) || allowed.has(describe(expression))) continue;
    if (expression.kind !== "name" && expression.kind !== "member") continue;
    throw badRequest(
      `Property reference '${nameOf(expression) ?? "?"}' is invalid in the select list because it is not contained in ` +
        "either an aggregate function or the GROUP BY clause.",
    );
  }
}

export function listSelected(selection: Selection): readonly Expression[] {
  if (selection.kind === "value") return [selection.expression];
  return selection.kind === "items" ? selection.items.map((item) => item.expression) : [];
}

/** The same text for the same expression wherever it stands. */
export function describe(expression: Expression): string {
  return JSON.stringify(expression, (key, value: unknown) => (key === "start" || key === "end" ? undefined : value));
}

export function containsAggregate(expression: Expression): boolean {
  if (expression.kind === "call" && AGGREGATES.has(expression.name)) return true;
  return listChildren(expression).some(containsAggregate);
}

function listChildren(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case "call":
      return node.args;
    case "array":
      return node.items;
    case "object":
      return node.members.map(([, member]) => member);
    case "binary":
      return [node.left, node.right];
    case "unary":
      return [node.operand];
    case "member":
      return [node.object, node.key];
    case "conditional":
      return [node.test, node.then, node.otherwise];
    case "between":
      return [node.value, node.low, node.high];
    case "in":
      return [node.value, ...node.list];
    case "like":
      return [node.value, node.pattern];
    default:
      return [];
  }
}

function returnsDocument(query: Query): boolean {
  const [source, ...joins] = query.sources;
  if (source?.kind !== "root" || source.path.length > 0 || joins.length > 0) return false;
  const { selection } = query;
  if (selection.kind === "star") return true;
  return (
    selection.kind === "value" && selection.expression.kind === "name" && selection.expression.name === source.alias
  );
}
