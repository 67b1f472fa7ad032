import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cidr, contains, overlap, parseCidr } from "../../infra/config/cidr.ts";

const block = fc.tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 8, max: 32 })).map(([address, prefix]): Cidr => {
  const size = 2 ** (32 - prefix);
  return { first: address - (address % size), size, prefix };
});

function write({ first, prefix }: Cidr): string {
  return `${[24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256).join(".")}/${prefix}`;
}

test("every block that is written is read as it was", () => {
  fc.assert(
    fc.property(block, (cidr) => {
      expect(parseCidr(write(cidr))).toEqual(cidr);
    }),
  );
});

test("one block holds another when every address of it is in the first", () => {
  fc.assert(
    fc.property(block, block, (one, other) => {
      const ends = [other.first, other.first + other.size - 1];
      const inside = ends.every((address) => address >= one.first && address < one.first + one.size);
      expect(contains(one, other)).toBe(inside);
    }),
  );
});

test("two blocks overlap when one holds the other, and then only", () => {
  fc.assert(
    fc.property(block, block, (one, other) => {
      expect(overlap(one, other)).toBe(contains(one, other) || contains(other, one));
    }),
  );
});

describe("what is not a block is not read", () => {
  test.each([
    "",
    "10.0.0.0",
    "10.0.0.0/33",
    "256.0.0.0/8",
    "10.0.0/8",
    "10.0.0.1/8",
    "10.0.0.0/8 ",
    "::/0",
    "10.0.0.0/-1",
  ])("%j", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});
