import { randomBytes } from "node:crypto";
import { badRequest, conflict, notFound } from "../errors.ts";
import { canonicalize, type Json, type JsonObject } from "../json.ts";
import { type ChangeLog, reserveChanges, withChanges } from "./change-log.ts";
import { type Container, openContainer, parseContainer } from "./container.ts";
import type { Store } from "./database.ts";
import { type DocumentTable, openDocumentTable } from "./document-table.ts";

/** A container with its documents, opened once and kept. */
export interface OpenContainer {
  readonly container: Container;
  readonly documents: DocumentTable;
  readonly changes: ChangeLog;
  /** Where its documents are. */
  readonly store: Store;
}

/** The databases and containers of the account. */
export interface Catalog {
  createDatabase(id: string): JsonObject;
  readDatabase(id: string): JsonObject;
  listDatabases(): readonly JsonObject[];
  deleteDatabase(id: string): void;
  createContainer(database: string, definition: Json): JsonObject;
  replaceContainer(database: string, id: string, definition: Json): JsonObject;
  listContainers(database: string): readonly JsonObject[];
  deleteContainer(database: string, id: string): void;
  /** @throws {CosmosError} 404 */
  open(database: string, id: string): OpenContainer;
  listOpen(): readonly OpenContainer[];
}

export interface CatalogOptions {
  readonly partitionRanges: number;
  /** Milliseconds since 1970. */
  now(): number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS databases (id TEXT PRIMARY KEY, rid TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS containers (number INTEGER PRIMARY KEY AUTOINCREMENT, database TEXT NOT NULL, id TEXT NOT NULL,
    rid TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (database, id));`;

export function createCatalog(store: Store, options: CatalogOptions): Catalog {
  store.exec(SCHEMA);
  const opened = new Map<string, OpenContainer>();
  const keyOf = (database: string, id: string): string => JSON.stringify([database, id]);
  const stamp = (): { _etag: string; _ts: number } => ({
    _etag: `"${randomBytes(8).toString("hex")}"`,
    _ts: Math.floor(options.now() / 1000),
  });

  function findDatabase(id: string): { readonly rid: string; readonly body: JsonObject } {
    const row = store.prepare("SELECT rid, body FROM databases WHERE id = ?").get(id);
    if (!row) throw notFound(`database '${id}'`);
    return { rid: String(row.rid), body: JSON.parse(String(row.body)) };
  }

  function listRows(database: string) {
    const rows = store
      .prepare("SELECT number, id, rid, body FROM containers WHERE database = ? ORDER BY number")
      .all(database);
    return rows.map((row) => ({
      number: Number(row.number),
      id: String(row.id),
      database,
      rid: String(row.rid),
      body: JSON.parse(String(row.body)) as JsonObject,
    })); // prettier-ignore
  }

  function openRow(row: ReturnType<typeof listRows>[number]): OpenContainer {
    const container = openContainer(row, options.partitionRanges);
    const table = store.transact(() => openDocumentTable(store, container));
    const open = { container, store, ...withChanges(table, reserveChanges(store, row.number)) };
    opened.set(keyOf(row.database, row.id), open);
    return open;
  }

  function open(database: string, id: string): OpenContainer {
    const known = opened.get(keyOf(database, id));
    if (known) return known;
    findDatabase(database);
    const row = listRows(database).find((candidate) => candidate.id === id);
    if (!row) throw notFound(`container '${id}'`);
    return openRow(row);
  }

  function dropContainer(row: ReturnType<typeof listRows>[number]): void {
    store.exec(`DROP TABLE IF EXISTS documents_${row.number}`);
    store.prepare("DELETE FROM containers WHERE number = ?").run(row.number);
    opened.delete(keyOf(row.database, row.id));
  }

  return {
    createDatabase(id) {
      const rid = createRid(randomBytes(4));
      const body = { id, _rid: rid, _self: `dbs/${rid}/`, ...stamp(), _colls: "colls/", _users: "users/" };
      const sql = "INSERT INTO databases (id, rid, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
      if (store.prepare(sql).run(id, rid, JSON.stringify(body)).changes === 0) throw conflict(`database '${id}'`);
      return body;
    },
    readDatabase: (id) => findDatabase(id).body,
    listDatabases: () =>
      store
        .prepare("SELECT body FROM databases ORDER BY id")
        .all()
        .map((row) => JSON.parse(String(row.body)) as JsonObject), // prettier-ignore
    deleteDatabase(id) {
      findDatabase(id);
      store.transact(() => {
        for (const row of listRows(id)) dropContainer(row);
        store.prepare("DELETE FROM databases WHERE id = ?").run(id);
      });
    },
    createContainer(database, definition) {
      const parent = findDatabase(database);
      const parsed = parseContainer(definition);
      const id = String(parsed.id);
      if (listRows(database).some((row) => row.id === id)) throw conflict(`container '${id}'`);
      const rid = createRid(Buffer.concat([Buffer.from(parent.rid, "base64"), randomBytes(4)]));
      const body = describeContainer(parsed, parent.rid, rid, stamp());
      const sql = "INSERT INTO containers (database, id, rid, body) VALUES (?, ?, ?, ?)";
      const { lastInsertRowid } = store.prepare(sql).run(database, id, rid, JSON.stringify(body));
      openRow({ number: Number(lastInsertRowid), id, database, rid, body });
      return body;
    },
    replaceContainer(database, id, definition) {
      const { container } = open(database, id);
      const parsed = parseContainer(definition);
      if (canonicalize(parsed.partitionKey) !== canonicalize(container.body.partitionKey)) {
        throw badRequest("The partition key of a container cannot be changed.");
      }
      const body = describeContainer({ ...parsed, id }, findDatabase(database).rid, container.rid, stamp());
      store.prepare("UPDATE containers SET body = ? WHERE number = ?").run(JSON.stringify(body), container.number);
      const reopened = openRow({ number: container.number, id, database, rid: container.rid, body });
      if (reopened.container.defaultTtl !== container.defaultTtl) {
        reopened.documents.resetExpiry(reopened.container.defaultTtl);
      }
      return body;
    },
    listContainers(database) {
      findDatabase(database);
      return listRows(database).map((row) => row.body);
    },
    deleteContainer(database, id) {
      const { container } = open(database, id);
      const row = listRows(database).find((candidate) => candidate.number === container.number);
      if (row) store.transact(() => dropContainer(row));
    },
    open,
    listOpen: () => [...opened.values()],
  };
}

// Resource ids end up in paths: the service writes '-' for '/'.
function createRid(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("/", "-");
}

function describeContainer(parsed: JsonObject, parentRid: string, rid: string, stamps: JsonObject): JsonObject {
  return {
    ...parsed,
    _rid: rid,
    _self: `dbs/${parentRid}/colls/${rid}/`,
    ...stamps,
    _docs: "docs/",
    _conflicts: "conflicts/",
  };
}
