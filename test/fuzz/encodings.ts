import zlib from "node:zlib";
import type { Random } from "../../local/launcher/faults/random.ts";

/** Bodies whose bytes may be taken for another encoding, or for other lines, than they are. */
export const encodedEvents = [
  '\uFEFF{"event_id":"a","event_type":"x"}',
  '\n\t {"event_id":"a","event_type":"x"}\r\n',
  '{"event_id":"a","event_type":"x"}\r{"event_id":"b","event_type":"y"}\r',
  '{"event_id":"a","event_type":"x\u2028y"}\n{"event_id":"b","event_type":"x\u0085y"}\u2029',
  '\uFEFF\uFEFF{"event_type":"x"}',
];

/** Pieces of text that decoders differ about. */
export const encodingTokens = [
  "\u2028",
  "\u2029",
  "\u0085",
  "\u200b",
  "\u3164",
  "\u{1D159}",
  "\r",
  "\u00ef\u00bb\u00bf",
  "\ufffd",
  "\u001f\u008b",
];

const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY, Z_FIXED, Z_HUFFMAN_ONLY } = zlib.constants;

/** What a packed body may be besides what the encoding's name says at its simplest. */
const unusual: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  "raw deflate": (body) => zlib.deflateRawSync(body, { level: 1 }),
  "raw deflate of fixed codes": (body) => zlib.deflateRawSync(body, { strategy: Z_FIXED }),
  "stored deflate": (body) => zlib.deflateSync(body, { level: 0 }),
  "br of window 24": (body) =>
    zlib.brotliCompressSync(body, { params: { [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_QUALITY]: 1 } }),
  "gzip of two members": (body) =>
    Buffer.concat([zlib.gzipSync(body), zlib.gzipSync("\n", { strategy: Z_HUFFMAN_ONLY })]),
  "zstd with a frame to skip": (body) =>
    Buffer.concat([Buffer.of(0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0), zlib.zstdCompressSync(body)]),
  "gzip in gzip": (body) => zlib.gzipSync(zlib.gzipSync(body)),
  "with an end": (body) => Buffer.concat([zlib.gzipSync(body), Buffer.alloc(3)]),
  "UTF-16": (body) => Buffer.from(body.toString(), "utf16le"),
};

export function packUnusually(random: Random, body: Buffer): Buffer {
  return random.pick(Object.values(unusual))(body);
}
