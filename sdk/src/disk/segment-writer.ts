import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Waiting } from "../types.ts";
import { writeRecord } from "./record.ts";

/** A new segment is begun after so many bytes. */
const SEGMENT_BYTES = 1024 * 1024;

export interface SegmentWriter {
  /** Resolves when they are on the disk. Rejects with the error of the file system: then they may be or not. */
  write(events: readonly Waiting[]): Promise<void>;
  close(): Promise<void>;
}

interface Segment {
  readonly path: string;
  readonly file: FileHandle;
  size: number;
}

/** Appends to segments that are this writer's alone. */
export function createSegmentWriter(folder: string): SegmentWriter {
  const writer = randomUUID().slice(0, 8);
  let [count, segment]: [number, Segment | undefined] = [0, undefined];

  const close = async (): Promise<void> => {
    const { file } = segment ?? {};
    segment = undefined;
    await file?.close();
  };
  const begin = async (): Promise<Segment> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const name = `${String(Date.now()).padStart(15, "0")}-${writer}-${++count}.log`;
    const path = join(folder, name);
    segment = { path, file: await open(path, "ax", 0o600), size: 0 };
    await syncFolder(folder);
    return segment;
  };
  const write = async (text: string): Promise<void> => {
    const one = segment ?? (await begin());
    await one.file.appendFile(text);
    await one.file.datasync();
    one.size += text.length;
    // Who sends takes finished segments away. What was appended to one is written once more.
    const isThere = await stat(one.path).catch(() => undefined);
    if (!isThere || one.size > SEGMENT_BYTES) await close();
    if (!isThere) await write(text);
  };
  return {
    close,
    write: async (events) => {
      try {
        await write(events.map(writeRecord).join(""));
      } catch (error) {
        // Half a line may stand there now: nothing is appended to it.
        await close().catch(() => undefined);
        throw error;
      }
    },
  };
}

/** So that the name of a new file outlives a loss of power too. Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const file = await open(folder);
    await file.sync().finally(() => file.close());
  } catch {
    // What is in the file is safe without it against a crash of the process.
  }
}
