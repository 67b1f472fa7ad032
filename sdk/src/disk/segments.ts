import { Buffer } from "node:buffer";
import { open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reason, Waiting } from "../types.ts";
import { readRecords } from "./record.ts";

/** A part of the queue, as its file is called. */
const LOG = /\.log$/;
/** One that somebody was about to take away. */
const GONE = /\.gone$/;
/** What nobody has written to for so long is not being written any more. */
const QUIET_MS = 60_000;
/** A segment of this size is taken away as soon as all of it has its answer. */
const FULL_BYTES = 256 * 1024;
const CHUNK_BYTES = 256 * 1024;

interface Place {
  readonly name: string;
  readonly end: number;
}

/** The segments of a folder, for the one process that may send at the moment. */
export interface Segments {
  /** The oldest events without an answer, about as many bytes as asked for; one at least where there is any. */
  read(bytes: number): Promise<readonly Waiting[]>;
  /** They have their answer. Those that are not of these segments are passed over. */
  finish(events: readonly Waiting[]): Promise<void>;
  /** Others may have sent meanwhile: their marks are read anew. */
  refresh(): void;
  /** Without an answer, by the size of the files. */
  bytes(): Promise<number>;
  count(): Promise<number>;
}

export function createSegments(folder: string, warn: (reason: Reason) => void): Segments {
  /** How far each segment has its answers. */
  const done = new Map<string, number>();
  const fresh = new Set<string>();
  const places = new WeakMap<Waiting, Place>();

  const list = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => LOG.test(name) || GONE.test(name)).sort();
  const doneOf = async (name: string): Promise<number> => {
    const known = done.get(name) ?? 0;
    if (fresh.has(name)) return known;
    const text = await readFile(join(folder, doneName(name)), "utf8").catch(() => "");
    const found = Math.max(known, /^\d+$/.test(text) ? Number(text) : 0);
    done.set(name, found);
    fresh.add(name);
    return found;
  };
  const mark = async (name: string, end: number): Promise<void> => {
    // Known here even where it cannot be written: then only another process sends it once more.
    done.set(name, end);
    const made = join(folder, `${doneName(name)}.new`);
    await writeFile(made, String(end));
    await rename(made, join(folder, doneName(name)));
  };

  /** The next events of a segment. Steps over what is spoiled, and takes away what is finished. */
  const readFrom = async (name: string, bytes: number): Promise<readonly Waiting[]> => {
    const start = await doneOf(name);
    const { size, mtimeMs } = await stat(join(folder, name));
    const isQuiet = Date.now() - mtimeMs > QUIET_MS;
    if (size > start) {
      const { events, spoiled, end } = readRecords(await readBytes(join(folder, name), start, bytes));
      if (spoiled > 0) tellSpoiled(warn, name);
      for (const one of events) places.set(one.event, { name, end: start + one.end });
      if (events.length > 0) return events.map(({ event }) => event);
      if (end > 0) await mark(name, start + end);
      // Half a line: it is being written, or its writer has died.
      if (end > 0 || !isQuiet) return [];
      tellSpoiled(warn, name);
      await mark(name, size);
    }
    if (isQuiet || size >= FULL_BYTES || GONE.test(name)) await takeAway(folder, name, await doneOf(name));
    return [];
  };

  return {
    refresh: () => fresh.clear(),
    read: async (bytes) => {
      const found: Waiting[] = [];
      let size = 0;
      for (const name of await list()) {
        const events = await readFrom(name, Math.max(bytes - size, CHUNK_BYTES)).catch(tellUnreadable(warn, name));
        for (const event of events) size += event.bytes;
        found.push(...events);
        if (size >= bytes) break;
      }
      return found;
    },
    finish: async (events) => {
      const ends = new Map<string, number>();
      for (const event of events) {
        const place = places.get(event);
        if (place) ends.set(place.name, Math.max(ends.get(place.name) ?? 0, place.end));
      }
      for (const [name, end] of ends) await mark(name, end);
    },
    bytes: async () => {
      let sum = 0;
      for (const name of await list()) sum += (await stat(join(folder, name))).size - (await doneOf(name));
      return sum;
    },
    count: async () => {
      let sum = 0;
      for (const name of await list()) {
        const bytes = await readFile(join(folder, name)).catch(() => Buffer.of());
        sum += readRecords(bytes.subarray(await doneOf(name))).events.length;
      }
      return sum;
    },
  };
}

const doneName = (name: string): string => name.replace(/\.\w+$/, ".done");

function tellSpoiled(warn: (reason: Reason) => void, name: string): void {
  warn({ code: "queue_spoiled", message: `${name}: a record is not as it was written, and is passed over` });
}

/** One file that cannot be read does not keep the others. */
function tellUnreadable(warn: (reason: Reason) => void, name: string): (error: unknown) => readonly Waiting[] {
  return (error) => {
    warn({ code: "queue_unreadable", message: `${name}: ${error}` });
    return [];
  };
}

/** At least one whole line, where there is one. */
async function readBytes(path: string, start: number, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    for (let length = bytes; ; length *= 4) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      if (bytesRead < length || buffer.includes("\n")) return buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * Removes a segment, unless its writer has appended meanwhile. Under its other name, what they append from now on they
 * write once more elsewhere; what they appended before is seen here.
 */
async function takeAway(folder: string, name: string, answered: number): Promise<void> {
  const gone = name.replace(LOG, ".gone");
  await rename(join(folder, name), join(folder, gone));
  if ((await stat(join(folder, gone))).size > answered) return;
  await rm(join(folder, gone));
  await rm(join(folder, doneName(name)), { force: true });
}
