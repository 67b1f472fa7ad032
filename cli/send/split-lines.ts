import type { Readable } from "node:stream";

/** What a server unpacks at most by default; a longer line is no event of its. */
const MAX_LINE_BYTES = 20 * 1024 * 1024;

/**
 * The lines of a stream, as bytes. They end at LF only, as the API reads them: a CR alone, U+2028 and U+2029 are part
 * of a line, where JSON allows them. Throws an Error for a line that is longer than any server takes.
 */
export async function* splitLines(input: Readable): AsyncGenerator<Buffer> {
  let open: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...open, chunk.subarray(start, end)]);
      open = [];
      length = 0;
      start = end + 1;
    }
    open.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MAX_LINE_BYTES) throw new Error(`a line has more than ${MAX_LINE_BYTES} bytes: lines end at LF`);
  }
  if (length > 0) yield Buffer.concat(open);
}
