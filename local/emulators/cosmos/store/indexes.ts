import { createHash } from "node:crypto";
import type { Container } from "./container.ts";
import type { Store } from "./database.ts";
import { type OrderedPath, samePath } from "./indexing-policy.ts";

interface Index {
  readonly unique: boolean;
  /** Columns as SQL, with their directions. */
  readonly columns: readonly string[];
  readonly where?: string;
  /** How many rows share the first column, the first two, …: SQLite chooses an index by it. */
  readonly rowsPerPrefix: readonly number[];
}

type ColumnOf = (path: readonly string[]) => string | undefined;

/** The name of the index that begins with these columns, in this sequence. */
export type IndexOf = (columns: readonly string[]) => string | undefined;

const ASSUMED_ROWS = 1_000_000;
const ASSUMED_ROWS_PER_TENANT = 100_000;
/** Each further column is assumed to divide the remaining rows by this. */
const ASSUMED_VALUES = 100;

/** Makes the indexes of a table those that its policy asks for. @returns how to find one of them */
export function syncIndexes(store: Store, table: string, container: Container, columnOf: ColumnOf): IndexOf {
  const wanted = new Map(listIndexes(container, columnOf).map((index) => [nameIndex(table, index), index]));
  const present = new Set(dropIndexes(store, table, (_, name) => wanted.has(name)));
  for (const [name, index] of wanted) {
    if (present.has(name)) continue;
    const where = index.where === undefined ? "" : ` WHERE ${index.where}`;
    store.exec(
      `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${name} ON ${table} (${index.columns.join(", ")})${where}`,
    );
  }
  writeStatistics(store, table, wanted);
  const named = [...wanted].map(([name, { columns }]) => ({ name, columns: columns.map(withoutDirection) }));
  return (columns) => named.find((index) => columns.every((column, place) => index.columns[place] === column))?.name;
}

const withoutDirection = (column: string): string => column.replace(/ DESC$/, "");

/** Drops all but those to keep. @returns the names of the remaining ones */
export function dropIndexes(store: Store, table: string, keep: (sql: string, name: string) => boolean): string[] {
  const rows = store.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?").all(table);
  return rows.flatMap((row) => {
    const name = String(row.name);
    if (keep(String(row.sql), name)) return [name];
    store.exec(`DROP INDEX ${name}`);
    return [];
  });
}

function nameIndex(table: string, index: Index): string {
  const digest = createHash("sha256").update(JSON.stringify([index.columns, index.unique, index.where]));
  return `${table}_${digest.digest("hex").slice(0, 12)}`;
}

/**
 * Statistics of a large container of many tenants, written down instead of measured. Without any, SQLite takes a tenant
 * for ten rows. Measured ones would make the same query fast or slow by the order in which data came.
 */
function writeStatistics(store: Store, table: string, indexes: ReadonlyMap<string, Index>): void {
  // Creates the table of statistics if it is not there.
  store.exec("ANALYZE sqlite_schema");
  store.prepare("DELETE FROM sqlite_stat1 WHERE tbl = ?").run(table);
  const insert = store.prepare("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)");
  for (const [name, index] of indexes) insert.run(table, name, [ASSUMED_ROWS, ...index.rowsPerPrefix].join(" "));
  store.exec("ANALYZE sqlite_schema");
}

/**
 * One unique index, one per included path, below the first component of the partition key, and one per composite, as it
 * is. The service intersects the documents under a path with those under the tenant. SQLite cannot, hence "below". It
 * walks a composite from end to end, past other tenants' documents too, unless the tenant is in it. A container
 * partitioned by its id alone has no tenants.
 */
function listIndexes(container: Container, columnOf: ColumnOf): Index[] {
  const { partitionPaths, policy } = container;
  const tenantPath = tenantPathOf(container);
  const hasTenants = tenantPath !== undefined;
  const keys = partitionPaths.map((path) => columnOf(path) ?? "id");
  const tenant = hasTenants ? keys.slice(0, 1) : [];
  const composites = policy.composites.map((items) =>
    describeIndex(
      items.map((item) => (columnOf(item.path) ?? "id") + (item.descending ? " DESC" : "")),
      hasTenants && samePath(items[0]?.path ?? [], tenantPath),
    ),
  );
  const singles = policy.explicit
    .filter((path) => columnOf(path) && !samePath(path, tenantPath ?? []) && !findLonger(container, path))
    .map((path) => describeIndex([...tenant, columnOf(path) ?? "id"], hasTenants));
  const hasId = partitionPaths.some((path) => samePath(path, ["id"]));
  const unique = describeIndex(hasId ? keys : [...keys, "id"], hasTenants);
  return [
    { ...unique, unique: true, rowsPerPrefix: [...unique.rowsPerPrefix.slice(0, -1), 1] },
    { ...describeIndex(["expires"], false), where: "expires IS NOT NULL" },
    // By tenant alone, within it by row id: the order in which queries without ORDER BY are paged.
    ...(hasTenants ? [describeIndex(tenant, true)] : []),
    ...singles,
    ...composites,
  ];
}

/** The first path of the partition key, if it names tenants and not documents. */
export function tenantPathOf({ partitionPaths }: Container): readonly string[] | undefined {
  const [first = []] = partitionPaths;
  return partitionPaths.length > 1 || !samePath(first, ["id"]) ? first : undefined;
}

/**
 * The composite that has the path first below the tenant, and so gives what an index on the path alone would. @returns
 * its paths from there on
 */
export function findLonger(container: Container, path: readonly string[]): readonly OrderedPath[] | undefined {
  const tenantPath = tenantPathOf(container);
  for (const composite of container.policy.composites) {
    const isBelow = tenantPath === undefined || samePath(composite[0]?.path ?? [], tenantPath);
    const items = tenantPath === undefined ? composite : composite.slice(1);
    if (isBelow && samePath(items[0]?.path ?? [], path)) return items;
  }
  return undefined;
}

function describeIndex(columns: readonly string[], startsWithTenant: boolean): Index {
  let left = startsWithTenant ? ASSUMED_ROWS_PER_TENANT * ASSUMED_VALUES : ASSUMED_ROWS;
  const rowsPerPrefix = columns.map(() => {
    left = Math.max(1, Math.round(left / ASSUMED_VALUES));
    return left;
  });
  return { unique: false, columns, rowsPerPrefix };
}
