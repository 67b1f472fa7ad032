import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../shared/runtime/parse-json.ts";

/** Reads an object of somebody else, with a backslash in a name: from then on V8 expects that name in its place. */
const expectAfter = (poison: string): void => void JSON.parse(poison);

describe("a name that is written with an escape", () => {
  it.each([
    ['{"p1":1,"caf\\\\u":1}', '{"p1":1,"caf\\u00e9s":2}', { p1: 1, "caf\u00e9s": 2 }],
    ['{"p2":1,"\\\\":1}', '{"p2":1,"\\"":2}', { p2: 1, '"': 2 }],
    [
      '{"p3":1,"\\\\n":1}',
      '[{"p3":1 , "\\nx"\r\n:\t{"a":[1,-2.5e3,true,null,"\\u0041"]}}]',
      [{ p3: 1, "\nx": { a: [1, -2500, true, null, "A"] } }],
    ],
    ['{"p4":1,"a\\\\u":1}', '{"p4":1,"a\\ud83d":[],"b":{}}', { p4: 1, "a\ud83d": [], b: {} }],
  ])("is that name, whatever was read before: %s", (poison, text, expected) => {
    expectAfter(poison);
    expect(parseJson(text)).toEqual(expected);
  });

  it("is read with everything around it as it was written", () => {
    const odd = fc.constantFrom("\\", '"', "\n", "\u0000", "\ud83d", "\u00e9", "__proto__", "a", "", "\u2028");
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(
          fc.string(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.boolean(),
          fc.constant(null),
          odd,
        ),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.array(fc.tuple(fc.oneof(odd, fc.string({ maxLength: 2 })), tie("value")), { maxLength: 4 }).map(toObject),
      ),
    })).value;
    fc.assert(
      fc.property(json, fc.constantFrom("", " ", "\n\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(JSON.stringify(parseJson(text), null, space)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['{"a\\"":}', '{"a\\"":1', '"\\', '{"\\u00":1}'])("in a text that is not JSON throws: %s", (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

function toObject(pairs: [string, unknown][]): object {
  return Object.fromEntries(pairs);
}
