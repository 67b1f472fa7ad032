import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageOf } from "../../../shared/ingest/invalid-json.ts";
import { parseInTurns } from "../../../shared/ingest/parse-in-turns.ts";
import { takeTurns } from "../../../shared/runtime/turn.ts";

type Outcome = { readonly value: unknown } | { readonly fault: string };

/** What `JSON.parse` says of a text in one go. */
function whole(text: string): Outcome {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

async function inTurns(text: string, piece: number, levels: number): Promise<Outcome> {
  try {
    return { value: await parseInTurns(Buffer.from(text), takeTurns(), { piece, levels }) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { fault: messageOf(error) };
  }
}

/** As text: the order of names counts, and a 0 has a sign. */
const told = (outcome: Outcome): string =>
  "value" in outcome
    ? JSON.stringify(outcome.value, (_, value) => (Object.is(value, -0) ? "-0" : value))
    : outcome.fault;

const name = fc.oneof(fc.constantFrom("a", "b", "10", "2", "__proto__", "constructor", 'q"', "ä😀"), fc.string());
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc
      .oneof(fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null), fc.string())
      .map((v) => JSON.stringify(v)),
    fc.array(tie("json"), { maxLength: 6 }).chain((all) => spaced("[", all as string[], "]")),
    fc.array(fc.tuple(name, tie("json")), { maxLength: 6 }).chain((all) =>
      spaced(
        "{",
        all.map(([key, value]) => `${JSON.stringify(key)} :${value}`),
        "}",
      ),
    ),
  ),
}));
const space = fc.constantFrom("", "", "", " ", "\n\t", " ".repeat(40));

function spaced(open: string, all: readonly string[], close: string): fc.Arbitrary<string> {
  return fc.array(space, { minLength: all.length + 1, maxLength: all.length + 1 }).map(([last = "", ...before]) => {
    const inner = all.map((one, i) => `${before[i]}${one}${before[i]}`).join(",");
    return `${open}${inner}${last}${close}`;
  });
}

const piece = fc.integer({ min: 1, max: 60 });
const levels = fc.nat(5);

describe("JSON that is parsed in turns", () => {
  it("is what it is in one go, names in their order", async () => {
    await fc.assert(
      fc.asyncProperty(json as fc.Arbitrary<string>, piece, levels, async (text, size, deep) => {
        expect(told(await inTurns(text, size, deep))).toBe(told(whole(text)));
      }),
      { numRuns: 3_000 },
    );
  });

  it("that is not sound is told in the words that it is told in in one go", async () => {
    const odd = fc.constantFrom(
      "",
      ",",
      "]",
      "}",
      "[",
      "{",
      ":",
      '"',
      "0",
      "tru",
      "\\",
      " ",
      "x",
      "-",
      "1e",
      "\u0001",
      ",,",
      "]]",
    );
    const change = fc.tuple(fc.nat(), fc.nat(3), odd);
    await fc.assert(
      fc.asyncProperty(
        json as fc.Arbitrary<string>,
        fc.array(change, { minLength: 1, maxLength: 2 }),
        piece,
        levels,
        async (sound, changes, size, deep) => {
          let text = sound;
          for (const [where, gone, put] of changes) {
            const at = where % (text.length + 1);
            text = text.slice(0, at) + put + text.slice(at + gone);
          }
          // A change may leave half of a character.
          text = Buffer.from(text).toString();
          expect(told(await inTurns(text, size, deep))).toBe(told(whole(text)));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it("is given to the parser in pieces, whatever it consists of", async () => {
    const many = (one: (i: number) => string): string => Array.from({ length: 100_000 }, (_, i) => one(i)).join(",");
    const bodies = [
      `{"sent_at":"x","events":[${many((i) => `{"event_type":"t","properties":{"n":${i}}}`)}],"context":{}}`,
      `[{"event_type":"t","properties":{"a":[${many((i) => `[${i}]`)}]}},{"event_type":"u"}]`,
      `{"a":{"b":[[{"c":{${many((i) => `"k${i % 5_000}":[]`)}}}]]}}`,
      `[${many(() => "[[[[],[]]]]")}]`,
    ];
    for (const body of bodies) {
      const pieces: number[] = [];
      const parse = (text: string): unknown => {
        pieces.push(text.length);
        return JSON.parse(text);
      };
      expect(
        JSON.stringify(await parseInTurns(Buffer.from(body), takeTurns(), { parse })) ===
          JSON.stringify(JSON.parse(body)),
      ).toBe(true);
      expect(Math.max(...pieces)).toBeLessThanOrEqual(64 * 1024 + 2);
      // No more of them than are needed, give or take the members around them.
      expect(pieces.length).toBeLessThan(1.2 * (body.length / (64 * 1024)) + 10);
    }
  });

  it("is looked through eight times at most, however deep it is nested", async () => {
    const pieces: number[] = [];
    const parse = (text: string): unknown => {
      pieces.push(text.length);
      return JSON.parse(text);
    };
    const inner = Array(50_000).fill("[1]").join(",");
    const nested = (depth: number): string => `${"[".repeat(depth)}${inner}${"]".repeat(depth)}`;
    await parseInTurns(Buffer.from(nested(8)), takeTurns(), { parse });
    expect(Math.max(...pieces)).toBeLessThanOrEqual(64 * 1024 + 2);
    pieces.length = 0;
    await parseInTurns(Buffer.from(nested(100)), takeTurns(), { parse });
    expect(pieces).toEqual([inner.length + 2 * (100 - 7)]);
  });
});
