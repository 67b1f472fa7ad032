import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeApiKey, parseApiKey } from "../../../shared/access/keys/api-key.ts";
import { documentIdOf } from "../../../shared/event/document-id.ts";
import { decodeOrgId, encodeOrgId, isOrgId } from "../../../shared/identity/org-id.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt, readReceipt, SLOTS_PER_DAY, slotOf, verifyReceipt } from "../../../shared/receipt/receipt-id.ts";

describe("org ids", () => {
  it("encode names reversibly", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 5 }), (name) => {
        fc.pre(name !== "." && name !== "..");
        const id = encodeOrgId(name);
        expect(isOrgId(id)).toBe(true);
        expect(decodeOrgId(id)).toBe(name);
      }),
    );
    expect(encodeOrgId("#en.wikipedia")).toBe("~23en.wikipedia");
  });

  it.each(["", ".", "..", "x".repeat(65), "語".repeat(30)])("refuse %j", (name) => {
    expect(() => encodeOrgId(name)).toThrow(RangeError);
  });

  it("refuse a text that was never encoded", () => {
    expect(() => decodeOrgId("a~2")).toThrow(/two hex digits/);
  });
});

describe("API keys", () => {
  it("are read back, and a key with one changed character is not", () => {
    const { key, keyId, hash } = makeApiKey("acme");
    expect(parseApiKey(key)).toEqual({ orgId: "acme", keyId, hash });
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom(..."abcXYZ019_-~"), (at, char) => {
        fc.pre(key[at] !== char);
        expect(parseApiKey(key.slice(0, at) + char + key.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it("are refused cut off, extended, or of another shape", () => {
    const { key } = makeApiKey("acme");
    for (const wrong of [
      key.slice(1),
      key.slice(0, -1),
      `${key}x`,
      "",
      "hr_",
      key.replaceAll("_", "-"),
      "x".repeat(10_000),
    ]) {
      expect(parseApiKey(wrong)).toBeUndefined();
    }
  });

  it("differ from one another", () => {
    expect(makeApiKey("acme").key).not.toBe(makeApiKey("acme").key);
  });
});

describe("receipts", () => {
  const keys = createKeyRing([randomBytes(32)]);

  it("carry the time and the number of events", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 60_000 }), (receivedAt, events) => {
        const { receiptId } = mintReceipt(keys, "acme", receivedAt, events);
        expect(verifyReceipt(keys, "acme", receiptId)).toEqual({ receiptId, receivedAt, events });
        expect(slotOf(receiptId).slice(0, 10)).toBe(new Date(receivedAt).toISOString().slice(0, 10));
      }),
    );
  });

  it("are refused for another org, under another key, and with any character changed", () => {
    const { receiptId } = mintReceipt(keys, "acme", Date.now(), 3);
    expect(verifyReceipt(keys, "acm", receiptId)).toBeUndefined();
    expect(verifyReceipt(createKeyRing([randomBytes(32)]), "acme", receiptId)).toBeUndefined();
    for (let i = 0; i < receiptId.length; i++) {
      for (const char of "AZaz09-_") {
        if (receiptId[i] === char) continue;
        expect(verifyReceipt(keys, "acme", receiptId.slice(0, i) + char + receiptId.slice(i + 1))).toBeUndefined();
      }
    }
    for (const wrong of ["", "x", `${receiptId}A`, receiptId.slice(0, -1), `${receiptId}=`]) {
      expect(verifyReceipt(keys, "acme", wrong)).toBeUndefined();
    }
    expect(() => readReceipt("short")).toThrow(RangeError);
  });

  it("verify after the signing key has changed, as long as the old one is in the ring", () => {
    const [older, newer] = [randomBytes(32), randomBytes(32)];
    const { receiptId } = mintReceipt(createKeyRing([older]), "acme", 1_000, 1);
    expect(verifyReceipt(createKeyRing([newer, older]), "acme", receiptId)).toBeDefined();
    expect(verifyReceipt(createKeyRing([newer]), "acme", receiptId)).toBeUndefined();
  });

  it("spread over the slots of a day", () => {
    const slots = new Set(Array.from({ length: 200 }, () => slotOf(mintReceipt(keys, "acme", 0, 1).receiptId)));
    expect(slots.size).toBe(SLOTS_PER_DAY);
  });
});

describe("document ids", () => {
  it("keep plain event ids, and hash the others without meeting a plain one", () => {
    expect(documentIdOf("0199-abc:7")).toBe("0199-abc:7");
    for (const odd of [".", "..", "a/b", "a#b", "a?b", "a\\b", "語", "a b", "a%2fb", documentIdOf("語")]) {
      expect(documentIdOf(odd)).toMatch(/^~[A-Za-z0-9_-]{43}$/);
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), fc.string({ unit: "binary", minLength: 1 }), (a, b) => {
        expect(documentIdOf(a) === documentIdOf(b)).toBe(
          a === b || (documentIdOf(a) === documentIdOf(b.toWellFormed()) && a.toWellFormed() === b.toWellFormed()),
        );
      }),
    );
  });
});
