import { createHash } from "node:crypto";
import type { Container } from "./container.ts";
import type { Store } from "./database.ts";
import { samePath } from "./indexing-policy.ts";

interface Index {
  readonly unique: boolean;
  /** Columns as SQL, with their directions. */
  readonly columns: readonly string[];
  readonly where?: string;
  /** How many rows share the first column, the first two, …: what SQLite chooses an index by. */
  readonly rowsPerPrefix: readonly number[];
}

type ColumnOf = (path: readonly string[]) => string | undefined;

const ASSUMED_ROWS = 1_000_000;
const ASSUMED_ROWS_PER_TENANT = 100_000;
/** Each further column is assumed to divide what is left by this. */
const ASSUMED_VALUES = 100;

/** Makes the indexes of a table those that its policy asks for. */
export function syncIndexes(store: Store, table: string, container: Container, columnOf: ColumnOf): void {
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
}

/** Drops all but those to keep. @returns the names of those that are left */
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
 * Statistics of a large container of many tenants, written down instead of measured: without any, SQLite takes a tenant for ten
 * rows, and measured ones would make the same query fast or slow by the order in which data came.
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
 * One unique index, and one per composite and per included path, each below the first component of the partition key: that is
 * how a tenant's queries find only its own. A container partitioned by its id alone has no tenants.
 */
function listIndexes(container: Container, columnOf: ColumnOf): Index[] {
  const { partitionPaths, policy } = container;
  const [tenantPath = []] = partitionPaths;
  const hasTenants = partitionPaths.length > 1 || !samePath(tenantPath, ["id"]);
  const keys = partitionPaths.map((path) => columnOf(path) ?? "id");
  const tenant = hasTenants ? keys.slice(0, 1) : [];
  const below = (paths: readonly (readonly string[])[], columns: readonly string[]): Index =>
    describeIndex(samePath(paths[0] ?? [], tenantPath) ? columns : [...tenant, ...columns], hasTenants);
  const composites = policy.composites.map((items) =>
    below(
      items.map((item) => item.path),
      items.map((item) => (columnOf(item.path) ?? "id") + (item.descending ? " DESC" : "")),
    ),
  );
  const covered = new Set(policy.composites.map((items) => JSON.stringify(items[0]?.path)));
  const singles = policy.explicit
    .filter((path) => columnOf(path) && !samePath(path, tenantPath) && !covered.has(JSON.stringify(path)))
    .map((path) => below([path], [columnOf(path) ?? "id"]));
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

function describeIndex(columns: readonly string[], startsWithTenant: boolean): Index {
  let left = startsWithTenant ? ASSUMED_ROWS_PER_TENANT * ASSUMED_VALUES : ASSUMED_ROWS;
  const rowsPerPrefix = columns.map(() => {
    left = Math.max(1, Math.round(left / ASSUMED_VALUES));
    return left;
  });
  return { unique: false, columns, rowsPerPrefix };
}
