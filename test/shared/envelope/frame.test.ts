import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, type Frame } from "../../../shared/envelope/frame.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { raiseFrame } from "../../support/raise-frame.ts";

const { receiptId } = mintReceipt(createKeyRing([randomBytes(32)]), "a", Date.now(), 3);
const head = { org_id: "a", receipt_id: receiptId, events: 3, bytes: 300 };
const body = randomBytes(90);
const inline = encodeFrame({ kind: "inline", head, body });

/** What becomes of bytes: the kind of the frame, or that they are none. */
function kindOf(bytes: Buffer): string {
  try {
    const frame = decodeFrame(bytes);
    return frame.kind === "inline" && frame.damaged ? "damaged" : frame.kind;
  } catch (error) {
    if (error instanceof RangeError) return "foreign";
    throw error;
  }
}

describe("a frame", () => {
  it.each<Frame>([
    { kind: "inline", head, body },
    { kind: "claim", head, blob: "envelopes/a/1", missed: 2 },
    { kind: "unreadable", source: "event hub partition 0 sequence 7", body },
  ])("of kind $kind is read as it was written", (frame) => {
    expect(decodeFrame(encodeFrame(frame))).toMatchObject(frame);
  });

  it("of a newer version is told as such while it is whole, whatever is in it, and travels on as it is", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 200 }),
        fc.integer({ min: 3, max: 255 }),
        (bytes, version) => {
          const newer = raiseFrame(Buffer.concat([inline.subarray(0, 4), bytes]), version);
          expect(decodeFrame(newer)).toEqual({ kind: "newer", version, encoded: newer });
          expect(encodeFrame(decodeFrame(newer))).toEqual(newer);
        },
      ),
    );
  });

  it("of this version with a head that this release does not understand is a newer release's", () => {
    const unknown = encodeFrame({ kind: "inline", head: { ...head, org_id: 7 } as unknown as typeof head, body });
    expect(kindOf(unknown)).toBe("newer");
  });

  it("with a receipt of a newer version is a newer release's", () => {
    const receipt = Buffer.from(receiptId, "base64url");
    receipt[0] = 2;
    expect(
      kindOf(encodeFrame({ kind: "inline", head: { ...head, receipt_id: receipt.toString("base64url") }, body })),
    ).toBe("newer");
  });

  it("that was cut off is never taken for a newer one: while its head is whole, its envelope is known to be damaged", () => {
    const headEnd = inline.length - body.length;
    for (let end = 0; end < inline.length; end++) {
      expect(kindOf(inline.subarray(0, end))).toBe(end < headEnd ? "foreign" : "damaged");
      expect(kindOf(raiseFrame(inline, 3).subarray(0, end))).toBe("foreign");
    }
  });

  it("with a bit that fell over is damaged or foreign, and never another org's", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: inline.length * 8 - 1 }), (bit) => {
        const bytes = Buffer.from(inline);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(["damaged", "foreign"]).toContain(kindOf(bytes));
        if (kindOf(bytes) === "damaged") expect(decodeFrame(bytes)).toMatchObject({ head });
      }),
      { numRuns: 500 },
    );
  });

  it("is not what foreign bytes are, also where they begin like one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 8 }), (bytes, like) => {
        expect(kindOf(Buffer.concat([inline.subarray(0, like), bytes]))).toBe("foreign");
      }),
    );
    for (const text of ["\u0001\u0001\u0000\u0005hello", "w1:0:", '{"events":[]}', "HR", ""])
      expect(kindOf(Buffer.from(text))).toBe("foreign");
  });

  it("keeps members of its head that this release does not know", () => {
    const more = { ...head, region: "north", nested: { __proto__: null, a: [1] } };
    const again = encodeFrame(decodeFrame(encodeFrame({ kind: "inline", head: more, body })));
    expect(decodeFrame(again)).toMatchObject({ head: { region: "north", nested: { a: [1] } } });
    const claim = decodeFrame(encodeFrame({ kind: "claim", head: more, blob: "b" }));
    expect(decodeFrame(encodeFrame({ ...claim, missed: 3 } as Frame))).toMatchObject({ head: more, missed: 3 });
  });
});
