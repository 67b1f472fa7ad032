import { createReadStream } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { PassThrough, pipeline, type Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";

export interface Line {
  /** Counted from 1, blank lines included. */
  readonly number: number;
  readonly text: string;
}

/** Opens a file, or stdin for `-`. */
export function openSource(path: string): Readable {
  return path === "-" ? process.stdin : createReadStream(path);
}

/**
 * Reads lines one by one, never the whole file; gzip and zstd are recognised by their first bytes. Blank lines are left
 * out.
 */
export async function* readLines(source: Readable): AsyncGenerator<Line> {
  const input = await unpack(source);
  let number = 0;
  // readline swallows the errors of its input: a truncated gzip file would look like a short one.
  let failure: Error | undefined;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  input.once("error", (error: Error) => {
    failure = error;
    lines.close();
  });
  for await (const text of lines) {
    number++;
    if (text.trim() !== "") yield { number, text };
  }
  if (failure) throw failure;
}

async function unpack(source: Readable): Promise<Readable> {
  const first = await readFirstChunk(source);
  const whole = new PassThrough();
  const decompressor = chooseDecompressor(first);
  if (first.length > 0) source.unshift(first);
  const output = decompressor ?? whole;
  pipeline(source, output, (error) => {
    if (error) output.destroy(error);
  });
  return output;
}

/** At least 4 bytes, unless the source is shorter: a pipe may deliver less in its first chunk. */
async function readFirstChunk(source: Readable): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < 4) {
    const chunk = await nextChunk(source);
    if (!chunk) return bytes;
    bytes = Buffer.concat([bytes, chunk]);
  }
  return bytes;
}

function nextChunk(source: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      source.off("readable", onReadable).off("end", onEnd).off("error", onError);
      act();
    };
    const onReadable = (): void => {
      const chunk: Buffer | null = source.read();
      if (chunk !== null) settle(() => resolve(chunk));
    };
    const onEnd = (): void => settle(() => resolve(undefined));
    const onError = (error: Error): void => settle(() => reject(error));
    source.on("readable", onReadable).on("end", onEnd).on("error", onError);
  });
}

function chooseDecompressor(first: Buffer): Transform | undefined {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip();
  if (first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress();
  return undefined;
}
