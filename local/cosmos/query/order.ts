import { badRequest } from "../errors.ts";
import type { Query } from "../sql/ast.ts";
import type { OpenContainer } from "../store/catalog.ts";
import { findComposite, type OrderedPath, samePath } from "../store/indexing-policy.ts";
import { listRootNames, readDocumentPath } from "./path.ts";

/** In which order documents are read: what ORDER BY asks for, or more where an index gives more. Ties are broken by row id, in the direction in which the index has it. */
export interface Order {
  readonly paths: readonly OrderedPath[];
  /** Columns with the keys, when every path has one. */
  readonly columns: readonly string[] | undefined;
  readonly tieDescending: boolean;
  /** Documents without the path are not in an index that only a wildcard includes. */
  readonly skipUndefined: boolean;
}

const UNORDERED: Order = { paths: [], columns: [], tieDescending: false, skipUndefined: false };

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
    return describeOrder(documents, paths, composite, false);
  }
  if (!container.policy.includes(first.path)) {
    throw badRequest("The index path corresponding to the specified order-by item is excluded.");
  }
  const explicit = container.policy.explicit.some((path) => samePath(path, first.path));
  // An index that begins with the path orders it too; what follows in it then breaks ties.
  const longer = container.policy.composites.find((composite) => samePath(composite[0]?.path ?? [], first.path));
  const index = longer ?? [{ path: first.path, descending: false }];
  const flip = index[0]?.descending !== first.descending;
  const ordered = index.map(({ path, descending }) => ({ path, descending: descending !== flip }));
  return describeOrder(documents, ordered, index, !explicit);
}

function describeOrder(
  documents: OpenContainer["documents"],
  paths: readonly OrderedPath[],
  index: readonly OrderedPath[],
  skipUndefined: boolean,
): Order {
  const columns = paths.map(({ path }) => documents.columnOf(path)).filter((column) => column !== undefined);
  const complete = columns.length === paths.length ? columns : undefined;
  return { paths, columns: complete, tieDescending: index[0]?.descending !== paths[0]?.descending, skipUndefined };
}
