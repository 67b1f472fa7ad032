import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import { checkEvent } from "../../../shared/ingest/check-event.ts";
import { unpackBody } from "../../../shared/ingest/unpack-body.ts";

const MAX = 20 * 1024 * 1024;

async function codeOf(work: () => unknown): Promise<ErrorCode | "none"> {
  try {
    await work();
    return "none";
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe("unpacking", () => {
  const body = Buffer.from('{"event_type":"x"}');
  const packed = {
    gzip: zlib.gzipSync(body),
    deflate: zlib.deflateSync(body),
    br: zlib.brotliCompressSync(body),
    zstd: zlib.zstdCompressSync(body),
  };

  it.each(Object.entries(packed))("reads %s by its header", async (encoding, bytes) => {
    expect(await unpackBody(bytes, encoding, MAX)).toEqual(body);
    expect(await unpackBody(bytes, ` ${encoding.toUpperCase()} `, MAX)).toEqual(body);
  });

  it("reads gzip and zstd without a header, raw deflate, and a body that a proxy unpacked already", async () => {
    expect(await unpackBody(packed.gzip, null, MAX)).toEqual(body);
    expect(await unpackBody(packed.zstd, "identity", MAX)).toEqual(body);
    expect(await unpackBody(zlib.deflateRawSync(body), "deflate", MAX)).toEqual(body);
    expect(await unpackBody(body, "gzip", MAX)).toEqual(body);
    expect(await unpackBody(body, "deflate", MAX)).toEqual(body);
  });

  it("reads all frames of a body, and refuses bytes behind the end: neither is dropped in silence", async () => {
    expect(await unpackBody(Buffer.concat([packed.zstd, packed.zstd]), "zstd", MAX)).toEqual(
      Buffer.concat([body, body]),
    );
    expect(await unpackBody(Buffer.concat([packed.gzip, packed.gzip]), "gzip", MAX)).toEqual(
      Buffer.concat([body, body]),
    );
    for (const [encoding, bytes] of Object.entries(packed)) {
      const garbled = Buffer.concat([bytes, Buffer.from("more events")]);
      expect(await codeOf(() => unpackBody(garbled, encoding, MAX))).toBe("corrupt_body");
      expect(await codeOf(() => unpackBody(bytes.subarray(0, -3), encoding, MAX))).toBe("corrupt_body");
    }
  });

  it("stops a bomb at the limit, in every encoding", async () => {
    const zeros = Buffer.alloc(MAX + 1);
    expect(await codeOf(() => unpackBody(zlib.gzipSync(zeros), "gzip", MAX))).toBe("body_too_large");
    expect(await codeOf(() => unpackBody(zlib.zstdCompressSync(zeros), "zstd", MAX))).toBe("body_too_large");
    expect(
      await codeOf(() =>
        unpackBody(zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }), "br", MAX),
      ),
    ).toBe("body_too_large");
    const half = zlib.zstdCompressSync(zeros.subarray(0, MAX / 2 + 1));
    expect(await codeOf(() => unpackBody(Buffer.concat([half, half]), "zstd", MAX))).toBe("body_too_large");
    expect((await unpackBody(zlib.gzipSync(zeros.subarray(0, MAX)), "gzip", MAX)).length).toBe(MAX);
  });

  it.each(["compress", "gzip, br", "base64"])("refuses the encoding %s", async (encoding) => {
    expect(await codeOf(() => unpackBody(body, encoding, MAX))).toBe("unsupported_encoding");
  });
});

describe("checking an event", () => {
  const problem = (value: unknown) => {
    const checked = checkEvent(value);
    return "problem" in checked ? `${checked.problem.code} ${checked.problem.path}` : "valid";
  };
  const nest = (depth: number): unknown => (depth === 0 ? 1 : { a: nest(depth - 1) });

  it.each([
    [{ event_type: "page.viewed" }, "valid"],
    [{ event_type: "ページ表示", event_id: "語", user_id: null, properties: {} }, "valid"],
    [{ event_type: "x", timestamp: "2026-02-28T23:59:59.1234567890123+14:00" }, "valid"],
    [JSON.parse('{"event_type":"x","properties":{"__proto__":{"a":1},"constructor":2}}'), "valid"],
    [{ event_type: "x", properties: nest(20) }, "valid"],
    [7, "not_an_object "],
    [[], "not_an_object "],
    [{}, "required event_type"],
    [{ event_type: 7 }, "wrong_type event_type"],
    [{ event_type: "" }, "invalid_value event_type"],
    [{ event_type: "x".repeat(201) }, "too_long event_type"],
    [{ event_type: " x" }, "invalid_value event_type"],
    [{ event_type: "a\u0000" }, "invalid_value event_type"],
    [{ event_type: "\ud800" }, "invalid_value event_type"],
    [{ event_type: "\u200b" }, "invalid_value event_type"],
    [{ event_type: "\u2060\u00ad" }, "invalid_value event_type"],
    [{ event_type: "\u3164" }, "invalid_value event_type"],
    [{ event_type: "\u2800" }, "invalid_value event_type"],
    [{ event_type: "\ufe0f\u200d" }, "invalid_value event_type"],
    [{ event_type: "\u{e0001}\u{1d173}" }, "invalid_value event_type"],
    [{ event_type: "x", event_id: "\u200d" }, "invalid_value event_id"],
    [{ event_type: "x", user_id: "\u180e" }, "invalid_value user_id"],
    [{ event_type: "x", anonymous_id: "\u034f" }, "invalid_value anonymous_id"],
    [{ event_type: "x", session_id: "\uffa0" }, "invalid_value session_id"],
    [{ event_type: "👩\u200d👩\u200d👧", event_id: "a\u200b", user_id: "\u0301", session_id: "\ue000" }, "valid"],
    [{ event_type: "x", event_id: "y".repeat(256) }, "too_long event_id"],
    [{ event_type: "x", timestamp: 1 }, "wrong_type timestamp"],
    [{ event_type: "x", timestamp: "2026-02-30T00:00:00Z" }, "invalid_value timestamp"],
    [{ event_type: "x", timestamp: "2026-02-03" }, "invalid_value timestamp"],
    [{ event_type: "x", timestamp: "2026-02-30T00:00:00.000Z" }, "invalid_value timestamp"],
    [{ event_type: "x", timestamp: "2026-02-03T24:00:00.000Z" }, "invalid_value timestamp"],
    [{ event_type: "x", timestamp: "2026/02/03T10:00:00.000Z" }, "invalid_value timestamp"],
    [{ event_type: "x", timestamp: "+02026-02-03T10:00:00.0Z" }, "invalid_value timestamp"],
    [{ event_type: "x", schema_version: 1.5 }, "wrong_type schema_version"],
    [{ event_type: "x", properties: [] }, "wrong_type properties"],
    [{ event_type: "x", properties: nest(21) }, "too_deep properties.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"],
    [
      { event_type: "x", properties: Object.fromEntries(Array.from({ length: 2_001 }, (_, i) => [i, 1])) },
      "too_many_keys properties",
    ],
    [JSON.parse('{"event_type":"x","properties":{"n":[1e999]}}'), "invalid_value properties.n[0]"],
    [{ event_type: "x", org_id: "other" }, "unknown_field org_id"],
    [JSON.parse('{"event_type":"x","__proto__":{}}'), "unknown_field __proto__"],
  ])("%.60j: %s", (value, expected) => {
    expect(problem(value)).toBe(expected);
  });

  it("keeps properties under any keys", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.oneof(fc.constantFrom("__proto__", "constructor", "toString"), fc.string()),
          fc.jsonValue({ maxDepth: 3 }),
        ),
        (properties) => {
          const text = JSON.stringify({ event_type: "x", properties });
          const checked = checkEvent(JSON.parse(text));
          expect("event" in checked && JSON.stringify(checked.event)).toBe(text);
        },
      ),
    );
  });
});
