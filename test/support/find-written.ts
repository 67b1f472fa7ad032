import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know node:sqlite yet
import { DatabaseSync } from "node:sqlite";
import { createZstdDecompress } from "node:zlib";

/** Unpacked within what was unpacked, no deeper: a queue's message is base64 of base64 of a frame with zstd in it. */
const DEPTH = 5;
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const SQLITE = "SQLite format 3\0";

/**
 * Each match of `pattern` in everything that services have written below a folder, with the file: as text, as UTF-16,
 * escaped as in JSON or a URL, in base64, and in zstd frames, also damaged ones, however these are nested.
 *
 * @param skip folders at the top that are not searched
 * @param mark is in each match, letters and digits alone: most of what there is does not have it in any form
 */
export async function findWritten(
  folder: string,
  { mark, pattern, skip = [] }: { readonly mark: string; readonly pattern: RegExp; readonly skip?: readonly string[] },
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const file = relative(folder, path);
    if (!entry.isFile() || skip.includes(file.split(sep)[0] ?? "")) continue;
    // What is written to meanwhile may be gone.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    const parts = bytes.toString("latin1", 0, SQLITE.length) === SQLITE ? await readRows(path) : [];
    for (const part of [bytes, ...parts]) {
      for (const match of await findIn(part, mark, pattern))
        found.set(match, (found.get(match) ?? new Set()).add(file));
    }
  }
  return found;
}

/** All values of a database: in its file a long one is in pieces. The service that has it open keeps it locked. */
async function readRows(path: string): Promise<Buffer[]> {
  const folder = await mkdtemp(join(tmpdir(), "headrace-rows-"));
  try {
    const copy = join(folder, "copy");
    await copyFile(path, copy);
    if (existsSync(`${path}-wal`)) await copyFile(`${path}-wal`, `${copy}-wal`);
    const database = new DatabaseSync(copy);
    try {
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      return tables.flatMap(({ name }) =>
        database
          .prepare(`SELECT * FROM "${String(name)}"`)
          .all()
          .flatMap((row) => Object.values(row).flatMap(toBytes)),
      );
    } finally {
      database.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function toBytes(value: unknown): Buffer[] {
  if (typeof value === "string") return [Buffer.from(value)];
  return value instanceof Uint8Array ? [Buffer.from(value)] : [];
}

export async function findIn(bytes: Buffer, mark: string, pattern: RegExp, depth = 0): Promise<Set<string>> {
  const found = new Set<string>();
  for (const form of [bytes, bytes.toString("latin1").replaceAll("\0", "")]) {
    if (!form.includes(mark)) continue;
    const text = withoutEscapes(form.toString("latin1"));
    for (const [match] of text.matchAll(new RegExp(pattern, "g"))) found.add(match);
  }
  if (depth === DEPTH) return found;
  for (const inner of await unpack(bytes)) {
    for (const match of await findIn(inner, mark, pattern, depth + 1)) found.add(match);
  }
  return found;
}

/** What JSON and URLs may write for a character of ASCII. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/(?:\\+u00|%)([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

async function unpack(bytes: Buffer): Promise<Buffer[]> {
  const inner: Buffer[] = [];
  for (let at = bytes.indexOf(ZSTD); at !== -1; at = bytes.indexOf(ZSTD, at + 1))
    inner.push(await decompress(bytes.subarray(at)));
  for (const [run] of bytes.toString("latin1").matchAll(/[A-Za-z0-9+/_-]{40,}/g)) {
    // It may begin anywhere within what looks like base64.
    for (let from = 0; from < 4; from++) inner.push(Buffer.from(run.slice(from), "base64"));
  }
  return inner.filter(({ length }) => length > 0);
}

/** As much as there is: a frame may be damaged, and has others behind it. */
function decompress(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const done = (): void => resolve(Buffer.concat(parts));
    const stream = createZstdDecompress();
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", done).on("end", done).on("close", done);
    stream.end(bytes.subarray(0, 4 * 1024 * 1024));
  });
}
