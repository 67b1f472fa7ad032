import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this module of Node yet.
import { DatabaseSync } from "node:sqlite";
import { openFile } from "../kit/open-file.ts";

/** One version of a secret. Times are in seconds since 1970, as the protocol has them. */
export interface SecretVersion {
  readonly name: string;
  /** 32 hexadecimal digits. */
  readonly version: string;
  readonly value: string;
  readonly contentType: string | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly enabled: boolean;
  readonly nbf: number | null;
  readonly exp: number | null;
  readonly created: number;
  readonly updated: number;
}

export interface Deletion {
  readonly deletedDate: number;
  readonly scheduledPurgeDate: number;
}

/** The contents of a vault. Names are compared without regard to case. Everything is on disk when a call returns. */
export interface SecretStore {
  /** All of them or none. */
  add(...versions: readonly SecretVersion[]): void;
  replace(version: SecretVersion): void;
  newest(name: string): SecretVersion | undefined;
  /** Every version, the oldest first. */
  all(name: string): readonly SecretVersion[];
  find(name: string, version: string): SecretVersion | undefined;
  /** Ordered by id, as in Azure: not by age. At most `limit`, after the id `after`. */
  versions(name: string, after: string, limit: number): readonly SecretVersion[];
  /** The newest version of each secret, ordered by name: of the deleted ones, or of the others. */
  list(state: "deleted" | "live", after: string, limit: number): readonly SecretVersion[];
  deletion(name: string): Deletion | undefined;
  markDeleted(name: string, deletion: Deletion): void;
  recover(name: string): void;
  purge(name: string): void;
  /** Purges the secrets that are due at this time. */
  purgeDue(now: number): void;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS secrets (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, version TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (name, version));
  CREATE TABLE IF NOT EXISTS deletions (
    name TEXT PRIMARY KEY COLLATE NOCASE, deleted INTEGER NOT NULL, purge INTEGER NOT NULL)`;

/**
 * Opens a folder, readable by its owner only, or `:memory:`. Every commit is flushed to the disk: a vault is written
 * rarely, and a key that signed something must not be forgotten when the machine loses power. @throws when the folder
 * cannot be written or is in use
 */
export function openSecretStore(dataDir: string, fresh: boolean): SecretStore {
  const file = dataDir === ":memory:" ? dataDir : prepareFile(dataDir, fresh);
  const database = openFile(file, () => openDatabase(file));
  const run = (sql: string, ...values: (string | number)[]): void => void database.prepare(sql).run(...values);
  const read = (sql: string, ...values: (string | number)[]): SecretVersion[] =>
    database
      .prepare(sql)
      .all(...values)
      .map((row) => JSON.parse(String(row.body)) as SecretVersion);
  const purge = (where: string, value: string | number): void => {
    database.exec("BEGIN IMMEDIATE");
    run(`DELETE FROM secrets WHERE name IN (SELECT name FROM deletions WHERE ${where})`, value);
    run(`DELETE FROM deletions WHERE ${where}`, value);
    database.exec("COMMIT");
  };
  return {
    add: (...secrets) => {
      const rows = secrets.map(() => "(?, ?, ?)").join();
      const values = secrets.flatMap((secret) => [secret.name, secret.version, JSON.stringify(secret)]);
      run(`INSERT INTO secrets (name, version, body) VALUES ${rows}`, ...values);
    },
    replace: (secret) =>
      run(
        "UPDATE secrets SET body = ? WHERE name = ? AND version = ?",
        JSON.stringify(secret),
        secret.name,
        secret.version,
      ),
    newest: (name) => read("SELECT body FROM secrets WHERE name = ? ORDER BY seq DESC LIMIT 1", name)[0],
    all: (name) => read("SELECT body FROM secrets WHERE name = ? ORDER BY seq", name),
    find: (name, version) => read("SELECT body FROM secrets WHERE name = ? AND version = ?", name, version)[0],
    versions: (name, after, limit) =>
      read("SELECT body FROM secrets WHERE name = ? AND version > ? ORDER BY version LIMIT ?", name, after, limit),
    list: (state, after, limit) =>
      read(
        `SELECT body, name FROM secrets WHERE seq IN (SELECT MAX(seq) FROM secrets GROUP BY name) AND name > ?
         AND name ${state === "live" ? "NOT " : ""}IN (SELECT name FROM deletions) ORDER BY name LIMIT ?`,
        after,
        limit,
      ),
    deletion: (name) => {
      const row = database.prepare("SELECT deleted, purge FROM deletions WHERE name = ?").get(name);
      return row && { deletedDate: Number(row.deleted), scheduledPurgeDate: Number(row.purge) };
    },
    markDeleted: (name, { deletedDate, scheduledPurgeDate }) =>
      run("INSERT INTO deletions (name, deleted, purge) VALUES (?, ?, ?)", name, deletedDate, scheduledPurgeDate),
    recover: (name) => run("DELETE FROM deletions WHERE name = ?", name),
    purge: (name) => purge("name = ?", name),
    purgeDue: (now) => purge("purge <= ?", now),
    close: () => database.close(),
  };
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  for (const pragma of ["locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"]) {
    database.exec(`PRAGMA ${pragma}`);
  }
  database.exec(schema);
  return database;
}

const FILE = "key-vault.sqlite";

function prepareFile(dataDir: string, fresh: boolean): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // The folder may already exist. Its mode keeps others out while the files are new.
  chmodSync(dataDir, 0o700);
  const file = join(dataDir, FILE);
  if (fresh) for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(file + suffix, { force: true });
  // SQLite gives its log the mode of the database.
  closeSync(openSync(file, "a", 0o600));
  return file;
}
