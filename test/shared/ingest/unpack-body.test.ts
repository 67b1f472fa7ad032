import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import { unpackBody } from "../../../shared/ingest/unpack-body.ts";

const MAX = 1024 * 1024;
const event = '{"event_type":"x"}';

const codeOf = async (body: Buffer, encoding: string | null, max = MAX): Promise<ErrorCode | "none"> => {
  try {
    await unpackBody(body, encoding, max);
    return "none";
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
};

const { BROTLI_PARAM_LGWIN } = zlib.constants;
const brotliOfWindow24 = (text: string): Buffer =>
  zlib.brotliCompressSync(text, { params: { [BROTLI_PARAM_LGWIN]: 24 } });
const isLikeGzip = (body: Buffer): boolean => body[0] === 0x1f && body[1] === 0x8b;

describe("what `Content-Encoding` names is tried first", () => {
  it("a br body that begins like gzip is unpacked as br", async () => {
    const texts = Array.from({ length: 600 }, (_, n) => JSON.stringify({ event_type: "t", properties: "a".repeat(n) }));
    const found = texts.filter((text) => isLikeGzip(brotliOfWindow24(text)));
    expect(found.length).toBeGreaterThan(0);
    for (const text of found) expect((await unpackBody(brotliOfWindow24(text), "br", MAX)).toString()).toBe(text);
  });

  it("a raw deflate body that begins like JSON is unpacked", async () => {
    // With fixed codes, the byte order mark of the text makes the first byte `{`.
    const packed = zlib.deflateRawSync(`\ufeff${event}`, { strategy: zlib.constants.Z_FIXED });
    expect(packed[0]).toBe(0x7b);
    expect((await unpackBody(packed, "deflate", MAX)).toString()).toBe(`\ufeff${event}`);
  });

  it("deflate is read with its header and without, whatever its first byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), fc.constantFrom(0, 1, 6, 9), async (name, level) => {
        const text = JSON.stringify({ event_type: name });
        expect((await unpackBody(zlib.deflateSync(text, { level }), "deflate", MAX)).toString()).toBe(text);
        expect((await unpackBody(zlib.deflateRawSync(text, { level }), "deflate", MAX)).toString()).toBe(text);
      }),
    );
  });
});

describe("where it fails, the bytes decide", () => {
  const plain = {
    "an object": event,
    "an array": `[${event}]`,
    "a newline first": `\n${event}\n`,
    "a byte order mark first": `\ufeff${event}`,
    "both, and CR": `\ufeff\r\n\t ${event}\r\n`,
    "a long one": JSON.stringify(Array.from({ length: 3_000 }, (_, n) => ({ event_type: `t${n}` }))),
    "a line that is not UTF-8": Buffer.concat([
      Buffer.from(`${event}\n{"event_type":"`),
      Buffer.of(0xe9),
      Buffer.from('"}'),
    ]),
  };

  it.each(
    ["gzip", "x-gzip", "deflate", "br", "zstd"].flatMap((encoding) =>
      Object.entries(plain).map(([what, body]) => [encoding, what, Buffer.from(body as string)] as const),
    ),
  )("a plain body under %s is taken as it is: %s", async (encoding, _, body) => {
    expect(await unpackBody(body, encoding, MAX)).toEqual(body);
  });

  it("a plain body of any text is taken as it is, also where it is sound deflate data by accident", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.constantFrom("deflate", "br", "gzip", "zstd"), async (name, encoding) => {
        const body = Buffer.from(JSON.stringify({ event_type: name }));
        expect(await unpackBody(body, encoding, MAX)).toEqual(body);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["br", "deflate", "zstd", "identity", null])("gzip under %s is unpacked", async (encoding) => {
    expect((await unpackBody(zlib.gzipSync(event), encoding, MAX)).toString()).toBe(event);
  });

  it.each(["br", "deflate", "gzip", "", null])("zstd under %s is unpacked", async (encoding) => {
    expect((await unpackBody(zlib.zstdCompressSync(event), encoding, MAX)).toString()).toBe(event);
  });

  it.each(["gzip", "deflate", "br", "zstd"])("what is neither %s nor events is corrupt", async (encoding) => {
    for (const body of [Buffer.from("nonsense"), Buffer.from("\ufeff"), Buffer.of(0x7b, 0x00, 0x01, 0x02)])
      expect(await codeOf(body, encoding)).toBe("corrupt_body");
  });

  it.each(["gzip", "deflate", "br", "zstd"])(
    "a body under %s that is too large says so, whatever else is tried",
    async (encoding) => {
      const large = Buffer.from(JSON.stringify("x".repeat(5_000)));
      const packed = {
        gzip: zlib.gzipSync(large),
        deflate: zlib.deflateSync(large),
        br: zlib.brotliCompressSync(large),
        zstd: zlib.zstdCompressSync(large),
      };
      expect(await codeOf(packed[encoding as keyof typeof packed], encoding, 1_024)).toBe("body_too_large");
      expect(await codeOf(Buffer.from(`[${event.repeat(100)}]`), encoding, 1_024)).toBe("body_too_large");
    },
  );
});

describe("zstd", () => {
  const frame = zlib.zstdCompressSync(event);
  const skipped = (magic: number, text: string): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(magic, 0);
    head.writeUInt32LE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  it("passes over frames that are to be skipped: before, between and behind", async () => {
    const parts = [skipped(0x184d2a50, "meta"), frame, skipped(0x184d2a5f, ""), frame, skipped(0x184d2a53, "end")];
    for (const encoding of ["zstd", null])
      expect((await unpackBody(Buffer.concat(parts), encoding, MAX)).toString()).toBe(event + event);
  });

  it("of more than 1,000 frames is refused, since each costs the same, also when it is empty", async () => {
    const empty = zlib.zstdCompressSync("");
    expect(await codeOf(Buffer.concat(Array.from({ length: 20_000 }, () => empty)), "zstd")).toBe("corrupt_body");
  });
});
