import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkObject } from "../../../shared/event/check-json.ts";
import { checkEvents } from "../../../shared/ingest/check-events.ts";
import { endOfString } from "../../../shared/ingest/json-bytes.ts";
import { parseBody } from "../../../shared/ingest/parse-body.ts";
import { LONG_NUMBER, shortenNumbers, shortNumber } from "../../../shared/ingest/shorten-numbers.ts";
import { type Survey, surveyInTurns, surveyJson } from "../../../shared/ingest/survey-json.ts";
import { takeTurns } from "../../../shared/runtime/turn.ts";

const limits = { bodyBytes: 4e6, unpackedBytes: 20e6, events: 5_000, eventBytes: 256 * 1024, eventTypes: 1_000 };
const LARGE = 8 * 1024 * 1024;
const bare = '{"event_type":"x"}';
const event = (properties: string): string => `{"event_type":"x","properties":${properties}}`;

async function check(body: string | Buffer) {
  const turns = takeTurns();
  const batch = await parseBody(Buffer.from(body as string), limits, turns);
  const { items, results } = await checkEvents(batch, Date.now(), limits, turns);
  return { items: items.map((item) => JSON.parse(typeof item === "string" ? item : item.join(""))), results };
}

describe("a long number", () => {
  const run = fc.tuple(fc.constantFrom("0", "1", "5", "9"), fc.nat(900)).map(([digit, count]) => digit.repeat(count));
  const digits = fc.array(run, { maxLength: 4 }).map((runs) => runs.join(""));
  const whole = fc.oneof(
    fc.constant("0"),
    fc.tuple(fc.constantFrom("1", "9"), digits).map((both) => both.join("")),
  );
  const fraction = fc.option(
    digits.filter((text) => text !== "").map((text) => `.${text}`),
    { nil: "" },
  );
  const power = fc.oneof(
    fc.integer({ min: -4_000, max: 4_000 }).map(String),
    digits.filter((text) => text !== ""),
  );
  const exponent = fc.option(
    fc.tuple(fc.constantFrom("e", "E", "e+", "e-"), power).map((both) => both.join("")),
    {
      nil: "",
    },
  );
  const sign = fc.constantFrom("", "-");
  const shorten = (text: string) => shortNumber(Buffer.from(text), 0, text.length, takeTurns());
  const isNumber = (text: string): boolean => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);

  it("is written shorter as one that is read as the same double", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(sign, whole, fraction, exponent), async (parts) => {
        const text = parts.join("");
        const short = await shorten(text);
        expect([text, short === undefined]).toEqual([text, !isNumber(text)]);
        if (short === undefined) return;
        expect(short.length).toBeLessThan(900);
        expect(Object.is(JSON.parse(short), JSON.parse(text))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["01", "-", "1.", ".5", "1e", "1e+", "1.e5", "--1", "1-2", "1e5.0", "1.2.3", "+1"])(
    "that is none is left as it is: %s",
    async (text) => {
      expect(await shorten(text)).toBeUndefined();
    },
  );

  it("is written shorter wherever it stands outside of texts", async () => {
    const long = `1.${"0".repeat(LONG_NUMBER)}`;
    const text = `[${long},{"a":"${long}","b\\"":-${long}e5},"\\\\",${long}]`;
    const short = (await shortenNumbers(Buffer.from(text), takeTurns())).toString();
    expect(short.length).toBeLessThan(text.length - 500);
    expect(JSON.parse(short)).toEqual(JSON.parse(text));
  });

  it.each([
    ["a fraction that is a whole number", `1.${"0".repeat(LARGE)}`, 1],
    ["a fraction", `0.${"3".repeat(LARGE)}`, 1 / 3],
    ["a number by its exponent", `0.${"0".repeat(LARGE)}1e${LARGE + 1}`, 1],
    ["a number with zeros before its exponent", `1e${"0".repeat(LARGE)}5`, 100_000],
  ])("is taken: %s", async (_, number, value) => {
    const { items } = await check(`[${bare},${event(`{"a":${number}}`)}]`);
    expect(items[1].e.properties).toEqual({ a: value });
  });

  it.each([
    ["infinite", `1${"0".repeat(LARGE)}`, "invalid_value"],
    ["not exact", `1${"0".repeat(200)}1${".0".padEnd(LARGE, "0")}`, "number_not_exact"],
  ])("is kept in quarantine as it was sent: %s", async (_, number, code) => {
    const sent = event(`{"a":${number}}`);
    const { items } = await check(`[${bare},${sent}]`);
    expect(items[1].q).toMatchObject({ code, path: "properties.a" });
    expect(items[1].q.raw.text === sent).toBe(true);
  });

  it("that is none is refused at its place in the body as it was sent", async () => {
    const sent = `[${bare},\n1.${"0".repeat(LARGE)},1.${"0".repeat(2 * LONG_NUMBER)}e]`;
    const members = { line: 2, column: LARGE + 2 * LONG_NUMBER + 7 };
    await expect(check(sent)).rejects.toMatchObject({ code: "invalid_json", members });
  });
});

describe("a long text", () => {
  it("ends at the first quote that no backslash escapes", () => {
    const part = fc.constantFrom(
      "x".repeat(200),
      "\\\\",
      '\\"',
      "\\u00e9",
      "\\\\".repeat(150),
      "\u00e9",
      '\\"'.repeat(90),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), fc.constantFrom('",1]', '"', '":"\\""'), (parts, rest) => {
        const inner = Buffer.from(`"${parts.join("")}`);
        const bytes = Buffer.concat([inner, Buffer.from(rest)]);
        expect(endOfString(bytes, 0, bytes.length)).toBe(inner.length);
        expect(endOfString(inner, 0, inner.length)).toBe(inner.length);
      }),
    );
  });

  it("that is invalid is kept as it was sent, also where characters of several bytes are cut into parts", async () => {
    const texts = ["x", "\\u00e9", "é", "語", "👩", '\\"', "\\ud800", "\u2028"].map((one) => one.repeat(100_000));
    for (const text of [...texts.map((one) => `a${one}`), texts.join("")]) {
      const sent = event(`{"a":"${text.repeat(4)}"}`);
      const { items, results } = await check(`[${bare},${sent}]`);
      expect(results).toMatchObject([{ index: 1, code: "too_large" }]);
      expect(items[1].q).toMatchObject({ code: "too_large", path: "", event_type: "x", raw: {} });
      expect(items[1].q.raw.text === sent).toBe(true);
    }
  });

  it("of a line that is not UTF-8 is kept as its bytes", async () => {
    const sent = Buffer.concat([Buffer.from(event(`"${"x".repeat(LARGE)}`)), Buffer.of(0xff)]);
    const { items } = await check(Buffer.concat([Buffer.from(`${bare}\n`), sent]));
    expect(Buffer.from(items[1].q.raw.base64, "base64").equals(sent)).toBe(true);
  });
});

describe("an object of JSON", () => {
  it("is never said to take more bytes than it does", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4, noUnicodeString: false })), (object) => {
        const checked = checkObject(JSON.parse(JSON.stringify(object)), "properties");
        if (!("bytes" in checked)) return;
        expect(checked.bytes).toBeLessThanOrEqual(Buffer.byteLength(JSON.stringify(object)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["[0]", '{"":0}', '"x"', "-1"])(
    "that is too large for an event is told without being written: %s",
    async (value) => {
      const sent = event(`{"a":[${Array(100_000).fill(value).join(",")}]}`);
      const { results } = await check(`[${bare},${sent}]`);
      const code = value.startsWith("{") ? "too_many_keys" : "too_large";
      expect(results).toMatchObject([{ index: 1, code }]);
      if (code === "too_large")
        expect(results[0]?.message).toMatch(/^found at least \d{6} bytes of JSON, expected at most 262144/);
    },
  );
});

describe("a large body", () => {
  const factsOf = ({ nesting, names, namesOfObject, values, mayRound, longNumbers }: Survey) => ({
    ...{ nesting, names, namesOfObject, values, mayRound, longNumbers },
  });

  it("has the same survey in slices as in one piece", async () => {
    const json = fc.array(fc.jsonValue({ maxDepth: 4 }), { minLength: 1, maxLength: 10 });
    const filler = fc.constantFrom(" ".repeat(70_000), `"${'\\"]'.repeat(30_000)}"`, "1".repeat(70_000), "[]");
    await fc.assert(
      fc.asyncProperty(json, filler, fc.nat(100), async (values, large, shift) => {
        const text = values.map((value) => `${JSON.stringify(value)},${large}`).join(",");
        const bytes = Buffer.from(`${" ".repeat(shift)}[${text}]`);
        expect(factsOf(await surveyInTurns(bytes, takeTurns()))).toEqual(factsOf(surveyJson(bytes)));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["a text", `[${bare},${event(`{"a":"${"x".repeat(LARGE)}"}`)}]`],
    ["escapes", `[${bare},${event(`{"a":"${"\\u00e9".repeat(LARGE / 6)}"}`)}]`],
    ["a name", `[${bare},{"event_type":"x","${"x".repeat(LARGE)}":1}]`],
    ["digits", `[${bare},${event(`{"a":1${"0".repeat(LARGE)}}`)}]`],
    ["a first line", `${event(`"${"x".repeat(LARGE)}"`)}\n${bare}`],
    ["white space", `[${bare}${" ".repeat(LARGE)}]`],
  ])("of almost nothing but %s is worked on in turns: others come to theirs in between", async (_, body) => {
    let others = 0;
    const count = (): void => {
      others++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await check(body);
    clearImmediate(timer);
    // None, without turns. How many there are depends on how fast the machine is.
    expect(others).toBeGreaterThan(0);
  });

  it("that is no JSON at its end is refused in turns, at the place", async () => {
    const before = `[${"1,\n".repeat(300_000)}${" ".repeat(LARGE)}`;
    const members = { line: 300_001, column: LARGE + 1 };
    await expect(check(`${before}NaN]`)).rejects.toMatchObject({ code: "invalid_json", members });
  });
});
