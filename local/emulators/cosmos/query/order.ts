import { badRequest } from "../errors.ts";
import type { Query } from "../sql/ast.ts";
import type { OpenContainer } from "../store/catalog.ts";
import { findLonger, tenantPathOf } from "../store/indexes.ts";
import { findComposite, type OrderedPath, samePath } from "../store/indexing-policy.ts";
import { listRootNames, readDocumentPath } from "./path.ts";

/**
 * The order in which documents are read: the one that ORDER BY asks for, or a longer one where an index gives it. Ties
 * are broken by row id, in the direction of the index.
 */
export interface Order {
  readonly paths: readonly OrderedPath[];
  /** Columns with the keys, when every path has one. */
  readonly columns: readonly string[] | undefined;
  readonly tieDescending: boolean;
  /** Documents without the path are not in an index that only a wildcard includes. */
  readonly skipUndefined: boolean;
  /** The index that serves it, even if another would find fewer documents. */
  readonly index: string | undefined;
}

const UNORDERED: Order = { paths: [], columns: [], tieDescending: false, skipUndefined: false, index: undefined };

/** @throws {CosmosError} 400 when ORDER BY has no index to be served from, as in Azure */
export function chooseOrder(query: Query, { container, documents }: OpenContainer): Order {
  if (query.orderBy.length === 0) return UNORDERED;
  const roots = listRootNames(query);
  const paths = query.orderBy.map(({ expression, descending }) => {
    const path = readDocumentPath(expression, roots);
    if (!path)
      throw badRequest("Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.");
    return { path, descending };
  });
  const [first] = paths;
  if (!first || paths.length > 1) {
    const composite = findComposite(container.policy, paths);
    if (!composite) {
      throw badRequest("The order by query does not have a corresponding composite index that it can be served from.");
    }
    return describeOrder(documents, paths, composite, [], false);
  }
  if (!container.policy.includes(first.path)) {
    throw badRequest("The index path corresponding to the specified order-by item is excluded.");
  }
  const explicit = container.policy.explicit.some((path) => samePath(path, first.path));
  // A longer index orders the path too; its further columns then break ties.
  const index = findLonger(container, first.path) ?? [{ path: first.path, descending: false }];
  const flip = index[0]?.descending !== first.descending;
  const ordered = index.map(({ path, descending }) => ({ path, descending: descending !== flip }));
  const tenantPath = tenantPathOf(container);
  return describeOrder(documents, ordered, index, tenantPath ? [tenantPath] : [], !explicit);
}

function describeOrder(
  documents: OpenContainer["documents"],
  paths: readonly OrderedPath[],
  index: readonly OrderedPath[],
  below: readonly (readonly string[])[],
  skipUndefined: boolean,
): Order {
  const columnsOf = (wanted: readonly (readonly string[])[]) => {
    const columns = wanted.map((path) => documents.columnOf(path)).filter((column) => column !== undefined);
    return columns.length === wanted.length ? columns : undefined;
  };
  const columns = columnsOf(paths.map(({ path }) => path));
  return {
    paths,
    columns,
    tieDescending: index[0]?.descending !== paths[0]?.descending,
    skipUndefined,
    index: columns && documents.indexOf([...(columnsOf(below) ?? []), ...columns]),
  };
}
