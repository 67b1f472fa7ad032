import { types } from "node:util";
import { createContext, Script } from "node:vm";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createMatcher } from "../../../../shared/schema/judge/pattern/match-pattern.ts";
import { parsePattern } from "../../../../shared/schema/judge/pattern/parse-pattern.ts";
import { toProgram } from "../../../../shared/schema/judge/pattern/pattern-program.ts";

function matches(pattern: string, texts: readonly string[], most = 1_000): boolean[] {
  const match = createMatcher(toProgram(parsePattern(pattern), 2_000), most);
  return texts.map((text) => match(text, { left: Number.POSITIVE_INFINITY }));
}

/** Repetitions of repetitions grow fast. */
function isSmall(pattern: string): boolean {
  try {
    toProgram(parsePattern(pattern), 2_000);
    return true;
  } catch {
    return false;
  }
}

/** What V8 is given for some texts: it tries every way there is, which of a few characters can be years. */
const V8_MS = 200;
const ask = new Script("texts.map((text) => new RegExp(pattern, 'u').test(text))");

/** `undefined` when V8 does not get to an end. */
function expected(pattern: string, texts: readonly string[]): boolean[] | undefined {
  try {
    return Array.from<boolean>(ask.runInContext(createContext({ pattern, texts }), { timeout: V8_MS }));
  } catch (error) {
    if (types.isNativeError(error) && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
      return undefined;
    throw error;
  }
}

const atom = fc.constantFrom(
  ...[
    "a",
    "b",
    "é",
    "😀",
    ".",
    "\\d",
    "\\D",
    "\\w",
    "\\s",
    "\\S",
    "[ab]",
    "[^a]",
    "[a-c😀]",
    "[^]",
    "[]",
    "\\p{Lu}",
    "\\P{L}",
  ],
  ...[
    "\\n",
    "\\u00e9",
    "\\u{1f600}",
    "\\ud83d\\ude00",
    "\\x61",
    "\\cA",
    "\\.",
    "\\[",
    "[\\]a]",
    "[\\b]",
    "\\/",
    "^",
    "$",
    "",
  ],
);
const quantifier = fc.constantFrom("", "*", "+", "?", "{0}", "{2}", "{0,2}", "{1,3}", "{2,}", "*?", "+?", "{1,2}?");
const open = fc.constantFrom("(", "(?:", "(?<name>");

/** Names of groups may stand once: each gets one of its own. */
const pattern = fc
  .letrec<{ choice: string; sequence: string; one: string }>((tie) => ({
    choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((of) => of.join("|")),
    sequence: fc.array(tie("one"), { maxLength: 3 }).map((of) => of.join("")),
    one: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.tuple(atom, quantifier).map(([text, times]) => (/^[\^$]?$/.test(text) ? text : text + times)),
      fc.tuple(open, tie("choice"), quantifier).map(([start, inner, times]) => `${start}${inner})${times}`),
    ),
  }))
  .choice.map((text) => {
    let names = 0;
    return text.replaceAll("<name>", () => `<n${names++}>`);
  });
const text = fc.array(fc.constantFrom("a", "b", "c", "é", "😀", "\n", " ", "1", "A", "\u0001", "."), { maxLength: 8 });

it("matches what V8's regular expressions match, and nothing else", () => {
  fc.assert(
    fc.property(
      pattern,
      fc.array(text, { minLength: 5, maxLength: 10 }),
      fc.constantFrom(1, 40, 1_000),
      (one, parts, most) => {
        const texts = parts.map((part) => part.join(""));
        fc.pre(isSmall(one));
        const byV8 = expected(one, texts);
        fc.pre(byV8 !== undefined);
        expect(matches(one, texts, most)).toEqual(byV8);
      },
    ),
    { numRuns: 300 },
  );
});

it("has an answer where V8 comes to no end", () => {
  const texts = [`${"a".repeat(60)}!`, "a".repeat(60)];
  expect(expected("^(a|a?)+$", texts)).toBeUndefined();
  expect(matches("^(a|a?)+$", texts)).toEqual([false, true]);
});

it.each([
  ["^[a-z][a-z0-9_]{2,31}$", ["abc", "ab", "a".repeat(32), "a".repeat(33), "Abc", "a_1"]],
  ["^\\p{Lu}\\p{Ll}+$", ["Éric", "éric", "Ζeus", "Z"]],
  ["\\.(?:png|jpe?g)$", ["a.png", "a.jpg", "a.jpeg", ".png!", "png"]],
  ["^$|^x", ["", "x", "y", "yx"]],
  ["(^|,)b(,|$)", ["b", "a,b", "a,b,c", "ab"]],
  ["^#[0-9A-F]{6}$", ["#00FF00", "#00ff00", "#00FF000"]],
])("%s: as V8 says", (one, texts) => {
  expect(matches(one, texts)).toEqual(expected(one, texts));
});

it.each([
  ["^(?=a)", "linear"],
  ["(?!a)b", "linear"],
  ["(?<=a)b", "linear"],
  ["(?<!a)b", "linear"],
  ["(a)\\1", "linear"],
  ["(?<n>a)\\k<n>", "linear"],
  ["\\bword\\b", "edge of a word"],
  ["(?i:a)", "linear"],
  ["(a", "not a regular expression"],
  ["a{2,1}", "not a regular expression"],
  ["\\Z", "not a regular expression"],
  ["(?P<n>a)", "not a regular expression"],
])("refuses %s: %s", (one, why) => {
  expect(() => parsePattern(one)).toThrow(why);
});

it("does as much work as the text is long, and gives up when it may do no more", () => {
  const match = createMatcher(toProgram(parsePattern("^(a+)+$"), 1_000), 1_000);
  const spent = [1_000, 10_000, 100_000].map((length) => {
    const meter = { left: 1_000_000 };
    expect(match(`${"a".repeat(length)}!`, meter)).toBe(false);
    return 1_000_000 - meter.left;
  });
  expect(spent.map((one, i) => one < 100 + 10 ** (i + 3) / 7)).toEqual([true, true, true]);
  const meter = { left: 10 };
  expect(match("a".repeat(1_000), meter)).toBe(false);
  expect(meter.left).toBeLessThan(0);
});
