import { randomBytes } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeRawBlock, encodeRawBlock } from "../../../shared/envelope/raw-block.ts";

it.each([0, 1, 255, 256, 257, 850, 65_791])(
  "content of %i bytes is read back, by any decoder of zstd too",
  (length) => {
    const content = randomBytes(length);
    const frame = encodeRawBlock(content);
    expect(zstdDecompressSync(frame)).toEqual(content);
    expect(decodeRawBlock(frame)).toEqual(content);
  },
);

it("content that has no room in one block is refused", () => {
  expect(() => encodeRawBlock(Buffer.alloc(65_792))).toThrow(RangeError);
});

it("a frame that was compressed, cut off, lengthened or changed at its head is left to the decoder", () => {
  const frame = encodeRawBlock(randomBytes(300));
  const headBytes = 10;
  fc.assert(
    fc.property(fc.nat(headBytes - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = Buffer.from(frame);
      changed[at] = (changed[at] ?? 0) ^ mask;
      expect(decodeRawBlock(changed)).toBeUndefined();
    }),
  );
  for (let length = 0; length < frame.length; length++)
    expect(decodeRawBlock(frame.subarray(0, length))).toBeUndefined();
  expect(decodeRawBlock(Buffer.concat([frame, Buffer.of(0)]))).toBeUndefined();
  expect(decodeRawBlock(zstdCompressSync(Buffer.from("a".repeat(1_000))))).toBeUndefined();
});

it("any bytes are read as every other decoder reads them, or not at all", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const frame = Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd), bytes]);
      const content = decodeRawBlock(frame);
      if (content) expect(zstdDecompressSync(frame)).toEqual(content);
    }),
  );
});
