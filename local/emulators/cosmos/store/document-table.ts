import { getPath, type Json } from "../json.ts";
import { extractPartitionKey, type PartitionKeyValue } from "../partition/definition.ts";
import type { Container } from "./container.ts";
import type { Store } from "./database.ts";
import { dropIndexes, type IndexOf, syncIndexes } from "./indexes.ts";
import { samePath } from "./indexing-policy.ts";
import { encodeKey } from "./key.ts";

/** A document as it is stored. */
export interface StoredDocument {
  readonly rid: number;
  readonly etag: string;
  /** Seconds since 1970. */
  readonly ts: number;
  /** JSON, with the system properties. */
  readonly body: string;
}

/** A document to be stored. */
export interface NewDocument extends StoredDocument {
  readonly id: string;
  readonly partition: readonly PartitionKeyValue[];
  readonly document: Json;
  /** Seconds since 1970 at which it expires, or null. */
  readonly expires: number | null;
}

/** The table of one container. Keys of its indexed paths are columns, in the order in which Cosmos DB sorts values. */
export interface DocumentTable {
  readonly name: string;
  /** The column with the key of a path, if there is one. */
  columnOf(path: readonly string[]): string | undefined;
  /** The index that begins with these columns, if there is one. */
  readonly indexOf: IndexOf;
  /** Finds a document also when it has expired and is not deleted yet. */
  find(
    partition: readonly PartitionKeyValue[],
    id: string,
  ): (StoredDocument & { readonly expires: number | null }) | undefined;
  /** @returns false when the id is taken in its partition, also by an expired document */
  insert(document: NewDocument): boolean;
  update(document: NewDocument): void;
  remove(rid: number): void;
  /** Deletes up to `limit` documents that have expired. */
  purge(now: number, limit: number): number;
  /** For a changed default of the container: seconds, -1 for on without one, undefined for off. */
  resetExpiry(defaultTtl: number | undefined): void;
  nextRid(): number;
  /** Of all documents, also those that have expired. */
  listRids(): number[];
  read(rid: number): NewDocument | undefined;
}

/** The paths that get a column: partition key, composites, and paths that are included one by one. */
function listKeyPaths(container: Container): readonly (readonly string[])[] {
  const { partitionPaths, policy } = container;
  const wanted = [...partitionPaths, ...policy.explicit, ...policy.composites.flat().map((item) => item.path)];
  const plain = wanted.filter((path) => path.length > 0 && !path.includes("[]") && !path.includes("*"));
  return plain.filter((path, index) => plain.findIndex((other) => samePath(other, path)) === index);
}

/** Creates the table when it is new, and columns and indexes when the policy has changed since. */
export function openDocumentTable(store: Store, container: Container): DocumentTable {
  const name = `documents_${container.number}`;
  const paths = listKeyPaths(container);
  // The body comes last, so that filters on keys do not read through large documents.
  store.exec(
    `CREATE TABLE IF NOT EXISTS ${name} (rid INTEGER PRIMARY KEY, id TEXT NOT NULL, hash INTEGER NOT NULL, ` +
      `etag TEXT NOT NULL, ts INTEGER NOT NULL, expires INTEGER, ${paths.map((path) => `${columnName(path)} TEXT NOT NULL, `).join("")}body TEXT NOT NULL)`,
  );
  const columns = syncColumns(store, name, paths);
  const columnOf = (path: readonly string[]) => columns.find((column) => samePath(column.path, path))?.column;
  const indexOf = syncIndexes(store, name, container, columnOf);
  return { ...createTable(store, name, container, columns), columnOf, indexOf };
}

type Columns = readonly { readonly column: string; readonly path: readonly string[] }[];

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const columnName = (path: readonly string[]): string => quote(`k${JSON.stringify(path)}`);

function syncColumns(store: Store, table: string, paths: readonly (readonly string[])[]): Columns {
  const present = new Set(
    store
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map((row) => String(row.name)),
  );
  const columns = paths.map((path) => ({ column: columnName(path), name: `k${JSON.stringify(path)}`, path }));
  // Columns that the policy no longer asks for would go stale.
  const wanted = new Set(columns.map((column) => column.name));
  for (const name of present) if (name.startsWith("k[") && !wanted.has(name)) dropColumn(store, table, name);
  const missing = columns.filter((column) => !present.has(column.name));
  for (const { column } of missing) store.exec(`ALTER TABLE ${table} ADD COLUMN ${column} TEXT NOT NULL DEFAULT '0'`);
  if (missing.length > 0) fillColumns(store, table, missing);
  return columns;
}

function dropColumn(store: Store, table: string, name: string): void {
  dropIndexes(store, table, (sql) => !sql.includes(quote(name)));
  store.exec(`ALTER TABLE ${table} DROP COLUMN ${quote(name)}`);
}

function fillColumns(store: Store, table: string, columns: Columns): void {
  const assignments = columns.map(({ column }) => `${column} = ?`).join(", ");
  const update = store.prepare(`UPDATE ${table} SET ${assignments} WHERE rid = ?`);
  for (const { rid } of store.prepare(`SELECT rid FROM ${table}`).all()) {
    const row = store.prepare(`SELECT body FROM ${table} WHERE rid = ?`).get(rid ?? null);
    const document: Json = JSON.parse(String(row?.body));
    update.run(...columns.map(({ path }) => encodeKey(getPath(document, path))), rid ?? null);
  }
}

function createTable(
  store: Store,
  name: string,
  container: Container,
  columns: Columns,
): Omit<DocumentTable, "columnOf" | "indexOf"> {
  const keyColumns = container.partitionPaths.map(
    (path) => columns.find((column) => samePath(column.path, path))?.column,
  );
  const fields = ["id", "hash", "etag", "ts", "expires", "body", ...columns.map((column) => column.column)];
  const insert = store.prepare(
    `INSERT INTO ${name} (${fields.join(", ")}, rid) VALUES (${fields.map(() => "?").join(", ")}, ?) ON CONFLICT DO NOTHING`,
  );
  const update = store.prepare(`UPDATE ${name} SET ${fields.map((field) => `${field} = ?`).join(", ")} WHERE rid = ?`);
  const find = store.prepare(
    `SELECT rid, etag, ts, expires, body FROM ${name} WHERE ${keyColumns.map((column) => `${column} = ?`).join(" AND ")} AND id = ?`,
  );
  const remove = store.prepare(`DELETE FROM ${name} WHERE rid = ?`);
  const purge = store.prepare(
    `DELETE FROM ${name} WHERE rid IN (SELECT rid FROM ${name} WHERE expires IS NOT NULL AND expires <= ? LIMIT ?)`,
  );
  const last = store.prepare(`SELECT max(rid) AS rid FROM ${name}`).get();
  let lastRid = Number(last?.rid ?? 0);
  const valuesOf = (document: NewDocument) => [
    document.id,
    container.locate(document.partition),
    document.etag,
    document.ts,
    document.expires,
    document.body,
    ...columns.map(({ path }) => encodeKey(getPath(document.document, path))),
    document.rid,
  ];
  return {
    name,
    find: (partition, id) => {
      const row = find.get(...partition.map(encodeKey), id);
      return row as unknown as ReturnType<DocumentTable["find"]>;
    },
    insert: (document) => insert.run(...valuesOf(document)).changes === 1,
    update: (document) => {
      update.run(...valuesOf(document));
    },
    remove: (rid) => {
      remove.run(rid);
    },
    purge: (now, limit) => Number(purge.run(now, limit).changes),
    resetExpiry: (defaultTtl) => {
      const ttl = `coalesce(json_extract(body, '$.ttl'), ${Number(defaultTtl ?? 0)})`;
      const isOn = defaultTtl === undefined ? "0" : `${ttl} > 0`;
      store.exec(`UPDATE ${name} SET expires = CASE WHEN ${isOn} THEN ts + ${ttl} END`);
    },
    nextRid: () => ++lastRid,
    listRids: () =>
      store
        .prepare(`SELECT rid FROM ${name}`)
        .all()
        .map(({ rid }) => Number(rid)),
    read: (rid) => {
      const row = store.prepare(`SELECT rid, id, etag, ts, expires, body FROM ${name} WHERE rid = ?`).get(rid);
      return row && toDocument(container, row as unknown as StoredRow);
    },
  };
}

type StoredRow = Omit<NewDocument, "partition" | "document">;

function toDocument({ partitionPaths }: Container, row: StoredRow): NewDocument {
  const document: Json = JSON.parse(row.body);
  return { ...row, document, partition: extractPartitionKey(partitionPaths, document) };
}
