import fc from "fast-check";
import { expect, it } from "vitest";
import {
  isEarlierTokenId,
  isTokenIdOf,
  mintTokenId,
  timeOfTokenId,
} from "../../../../shared/access/tokens/token-id.ts";
import { createKeyRing } from "../../../../shared/receipt/key-ring.ts";
import { uuidv7 } from "../../../../shared/runtime/uuid.ts";

const HOUR_MS = 3_600_000;
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

it("an id of a release before is taken while its token can live, and a new one is never taken for such", () => {
  const now = 10 * HOUR_MS;
  const taken = (age: number): boolean => isEarlierTokenId(uuidv7(now - age), HOUR_MS, now);
  expect([taken(0), taken(HOUR_MS), taken(2 * HOUR_MS), taken(-HOUR_MS)]).toEqual([true, true, false, false]);
  expect(isEarlierTokenId(mintTokenId(keys, "acme", now), HOUR_MS, now)).toBe(false);
  expect(isEarlierTokenId("x", HOUR_MS, now)).toBe(false);
});
