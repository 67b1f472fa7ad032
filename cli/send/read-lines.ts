import { createReadStream } from "node:fs";
import process from "node:process";
import type { Readable } from "node:stream";
import { splitLines } from "./split-lines.ts";
import { unpackStream } from "./unpack-stream.ts";

export interface Line {
  /** Counted from 1, blank lines included. */
  readonly number: number;
  /** Undefined when it is not UTF-8. */
  readonly text: string | undefined;
}

/** Opens a file, or stdin for `-`. */
export function openSource(path: string): Readable {
  return path === "-" ? process.stdin : createReadStream(path);
}

/**
 * Reads lines one by one, never the whole file; gzip and zstd are recognised by their first bytes. As in the API, a
 * byte order mark at the beginning is passed over, and bytes that are not UTF-8 are told and not replaced. Blank lines
 * are left out. Throws an Error for a file that breaks off, or that is UTF-16.
 */
export async function* readLines(source: Readable): AsyncGenerator<Line> {
  let number = 0;
  for await (const bytes of splitLines(await unpackStream(source))) {
    if (number++ === 0) refuseUtf16(bytes);
    const text = decode(number === 1 ? withoutMark(bytes) : bytes);
    if (text?.trim() !== "") yield { number, text };
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** What Windows PowerShell writes. Each of its lines would be told for itself. */
function refuseUtf16([first, second]: Buffer): void {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new Error("it is UTF-16; save it as UTF-8");
}
