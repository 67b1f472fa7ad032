import fc from "fast-check";
import { expect, it } from "vitest";
import { isTokenIdOf, mintTokenId, timeOfTokenId } from "../../../../shared/access/tokens/token-id.ts";
import { createKeyRing } from "../../../../shared/receipt/key-ring.ts";

const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const keys = createKeyRing([first]);
const times = fc.integer({ min: 0, max: 2 ** 47 });

it("an id is known to the ring that made it, for its org, and to no other; it is a UUID and has its time", () => {
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 127 }), (at, bit) => {
      const id = mintTokenId(keys, "acme", at);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(timeOfTokenId(id)).toBe(at);
      expect(isTokenIdOf(keys, "acme", id)).toBe(true);
      expect(isTokenIdOf(createKeyRing([second, first]), "acme", id)).toBe(true);
      expect(isTokenIdOf(createKeyRing([second]), "acme", id)).toBe(false);
      expect(isTokenIdOf(keys, "acme2", id)).toBe(false);
      const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const changed = bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
      expect(isTokenIdOf(keys, "acme", changed)).toBe(false);
    }),
  );
});

it("two ids of one org and one millisecond are two", () => {
  const ids = Array.from({ length: 100 }, () => mintTokenId(keys, "acme", 1));
  expect(new Set(ids).size).toBe(100);
});
