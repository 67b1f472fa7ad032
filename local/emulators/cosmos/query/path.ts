import type { Expression, Query } from "../sql/ast.ts";

/** The names that stand for the whole document, unless a JOIN gives one of them another meaning. */
export function listRootNames(query: Query): ReadonlySet<string> {
  const [first, ...joins] = query.sources;
  if (!first) return new Set();
  const names =
    first.kind === "root"
      ? first.path.length === 0
        ? [first.name, first.alias]
        : []
      : [query.rootName ?? first.alias];
  const taken = new Set([...(first.kind === "root" ? [] : [first.alias]), ...joins.map((join) => join.alias)]);
  return new Set(names.filter((name) => !taken.has(name)));
}

/** `c.a["b"]` as `["a", "b"]`; undefined for an expression that is not a path of members of the document. */
export function readDocumentPath(expression: Expression, roots: ReadonlySet<string>): readonly string[] | undefined {
  const keys: string[] = [];
  let node = expression;
  while (node.kind === "member") {
    if (node.key.kind !== "literal" || typeof node.key.value !== "string") return undefined;
    keys.unshift(node.key.value);
    node = node.object;
  }
  return node.kind === "name" && roots.has(node.name) && keys.length > 0 ? keys : undefined;
}
