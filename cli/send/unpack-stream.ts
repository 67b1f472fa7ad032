import { PassThrough, pipeline, type Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";

/** The bytes of a stream, unpacked when its first ones are those of gzip or zstd. */
export async function unpackStream(source: Readable): Promise<Readable> {
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
