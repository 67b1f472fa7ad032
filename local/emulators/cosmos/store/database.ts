import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this module of Node yet.
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { openFile } from "../../kit/open-file.ts";

const MAX_STATEMENTS = 500;
/** SQLite's own limit. */
const MOST_PAGES = 4_294_967_294;

type Rows = ReturnType<StatementSync["all"]>;

/** SQLite with its statements prepared once. */
export interface Store {
  prepare(sql: string): StatementSync;
  exec(sql: string): void;
  /**
   * Runs a query whose WHERE begins with `looked_at(rid)`. @returns its rows, and how many it looked at to find them:
   * in an index, or where it has none, in the table
   */
  search(sql: string, params: readonly SQLInputValue[]): { readonly rows: Rows; readonly lookedAt: number };
  /** Commits what `work` did, or undoes it when it throws. Not to be nested. */
  transact<T>(work: () => T): T;
  /**
   * Takes no further page while it is full: a write that needs one fails with SQLITE_FULL, as on a disk without room.
   */
  setFull(full: boolean): void;
  close(): void;
}

/**
 * Opens the one file of an emulator, or memory. A commit survives the end of the process by any signal; power loss may
 * undo the last ones and damage the file. A second process on the same folder is refused.
 * @throws when the folder cannot be written or is in use
 */
export function openStore(dataDir: string, fresh: boolean): Store {
  const file = dataDir === ":memory:" ? dataDir : prepareFile(dataDir, fresh);
  const database = openFile(file, () => openDatabase(file));
  let isFull = false;
  let lookedAt = 0;
  // With a column as its argument it is called for each row, and first, since it stands first.
  database.function("looked_at", (_rid) => {
    lookedAt++;
    return 1;
  });
  const statements = new Map<string, StatementSync>();
  function prepare(sql: string): StatementSync {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }
  return {
    prepare,
    search(sql, params) {
      lookedAt = 0;
      const rows = prepare(sql).all(...params);
      return { rows, lookedAt };
    },
    exec: (sql) => database.exec(sql),
    transact(work) {
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
    setFull(full) {
      if (full === isFull) return;
      isFull = full;
      const pages = full ? database.prepare("PRAGMA page_count").get()?.page_count : MOST_PAGES;
      database.exec(`PRAGMA max_page_count=${Number(pages)}`);
    },
    close: () => database.close(),
  };
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  // Not flushed to the disk: an acknowledged write has to survive this process, not the machine, and a flush stops
  // every request while it lasts. The log is long, so that pages which many writes touch are copied back once.
  for (const pragma of [
    "locking_mode=EXCLUSIVE",
    "journal_mode=WAL",
    "synchronous=OFF",
    "wal_autocheckpoint=16000",
    "cache_size=-65536",
    "temp_store=MEMORY",
  ]) {
    database.exec(`PRAGMA ${pragma}`);
  }
  return database;
}

function prepareFile(dataDir: string, fresh: boolean): string {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, "cosmos.sqlite");
  if (fresh) for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(file + suffix, { force: true });
  return file;
}
