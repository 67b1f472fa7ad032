import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../shared/errors.ts";
import { findJsonError } from "../../../shared/ingest/find-json-error.ts";
import { parseBody } from "../../../shared/ingest/parse-body.ts";
import type { RawBatch } from "../../../shared/ingest/raw-batch.ts";
import { bodyBounds } from "../../../shared/ingest/survey-json.ts";
import { takeTurns } from "../../../shared/runtime/turn.ts";

const limits = { events: 5_000, eventBytes: 256 * 1024 };
const parse = (body: string | Buffer): Promise<RawBatch> => parseBody(Buffer.from(body as string), limits, takeTurns());
const refusal = async (body: string | Buffer): Promise<AppError> => {
  try {
    await parse(body);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("the body was taken");
};
const codeOf = async (body: string | Buffer): Promise<ErrorCode> => (await refusal(body)).code;
const placeOf = async (body: string | Buffer) => (await refusal(body)).members;
const a = { event_type: "a" };
const line = JSON.stringify(a);

describe("a body", () => {
  it("is one event, an array, a wrapper or lines", async () => {
    expect((await parse(line)).events).toEqual([{ value: a }]);
    expect((await parse(`\uFEFF [${line}, 7]`)).events).toEqual([{ value: a }, { value: 7 }]);
    expect(await parse(JSON.stringify({ events: [a], sent_at: "2026-11-22T10:00:00Z" }))).toMatchObject({
      events: [{ value: a }],
      sentAt: Date.parse("2026-11-22T10:00:00Z"),
    });
    expect((await parse(`\n ${line}\r\n\n{"b":\n\t${line} \n`)).events).toEqual([
      { value: a },
      { problem: { code: "not_json", path: "", message: expect.stringContaining("Unexpected end") } },
      { value: a },
    ]);
    expect((await parse(JSON.stringify(a, null, 2))).events).toEqual([{ value: a }]);
    expect((await parse(`{"events":\n[\n${line},\n${line}\n]}\n`)).events).toEqual([{ value: a }, { value: a }]);
  });

  it("of lines keeps those that are not UTF-8", async () => {
    const { events, sources } = await parse(Buffer.concat([Buffer.from(`${line}\n`), Buffer.of(0x7b, 0xff, 0x7d)]));
    expect(events).toEqual([{ value: a }, { problem: expect.objectContaining({ code: "not_utf8" }) }]);
    expect((await sources(takeTurns()))[1]).toEqual(Buffer.of(0x7b, 0xff, 0x7d));
  });

  it.each([
    ["", "empty_body"],
    [" \n ", "empty_body"],
    ["\uFEFF\n", "empty_body"],
    ["7", "invalid_body"],
    ["null", "invalid_body"],
    ["[]", "empty_batch"],
    ['{"events":[]}', "empty_batch"],
    ['{"events":{}}', "invalid_body"],
    ['{"events":[1],"x":1}', "invalid_body"],
    ['{"events":[1],"sent_at":"yesterday"}', "invalid_body"],
    [`[${"1,".repeat(5_000)}1]`, "too_many_events"],
    [`${'{"a":1}\n'.repeat(5_001)}`, "too_many_events"],
    ["[".repeat(2_000_000), "too_deep"],
    [`${"[".repeat(101)}${"]".repeat(101)}`, "too_deep"],
    [`{"a":\n${'{"a":\n'.repeat(4_000)}`, "too_deep"],
    [`${line}\n${"[".repeat(101)}`, "too_deep"],
  ] satisfies [string, ErrorCode][])("is refused: %.20j", async (text, code) => {
    expect(await codeOf(text)).toBe(code);
  });

  it("tells a wrong field of any length in few words", async () => {
    const { message, members } = await refusal(`{"events":[1],"${"x".repeat(1_000_000)}":1}`);
    expect(message.length).toBeLessThan(400);
    expect(JSON.stringify(members).length).toBeLessThan(400);
  });
});

describe("a body that is half of JSON and half of lines", () => {
  const wrapped = (...inner: string[]): string => `{"events":[\n${inner.join("\n")}\n]}`;
  const deep = (levels: number): string => `{"a":`.repeat(levels) + 1 + "}".repeat(levels);

  it.each([
    ["NaN in a wrapper", wrapped('{"event_type":"x","properties":{"n":NaN}},', line), { line: 2, column: 37 }],
    ["a missing comma in a wrapper", wrapped(line, line), { line: 3, column: 1 }],
    ["a missing comma in an array", `[\n${line}\n${line}\n]`, { line: 3, column: 1 }],
    ["a comma too much", wrapped(`${line},`, `${line},`), { line: 4, column: 1 }],
    ["a comment", wrapped("// first", line), { line: 2, column: 1 }],
    ["a wrapper cut off", `{"events":[\n${line},\n${line}`, { line: 3, column: line.length + 1 }],
    ["a pretty event cut off", '{\n  "event_type": "x",\n  "properties": {}\n', { line: 4, column: 1 }],
    ["single quotes", `{'events':[\n${line}\n]}`, { line: 1, column: 2 }],
    [
      "whole objects inside of properties",
      `{"event_type":"x","properties":[\n${line}\n${line}\n]}`,
      { line: 3, column: 1 },
    ],
    ["two wrappers one below the other", `{"events":[\n${line}\n]}\n{"events":[\n${line}\n]}`, { line: 4, column: 1 }],
    ["a first line that is cut off", `{"event_type":\n${line}`, { line: 2, column: line.length + 1 }],
    ["a first line that is an array", `[${line}]\n${line}`, { line: 2, column: 1 }],
    ["a first line that is a number", `5\n${line}`, { line: 2, column: 1 }],
    ["a first line with two objects", `${line}${line}\n${line}`, { line: 1, column: line.length + 1 }],
    ["a byte order mark in the middle", `\n\uFEFF${line}\n${line}`, { line: 2, column: 1 }],
    ["a carriage return as the end of lines", `${line}\r${line}`, { line: 1, column: line.length + 2 }],
  ])("is refused whole, with the place: %s", async (_, body, place) => {
    expect(await codeOf(body)).toBe("invalid_json");
    expect(await placeOf(body)).toEqual(place);
  });

  it("is refused with the place of a byte that is not UTF-8", async () => {
    const latin = Buffer.concat([
      Buffer.from(`{"events":[\n${line},\n{"event_type":"\ufffd caf`),
      Buffer.of(0xe9),
      Buffer.from(`"}\n]}`),
    ]);
    expect([await codeOf(latin), await placeOf(latin)]).toEqual(["invalid_json", { line: 3, column: 21 }]);
    const first = Buffer.concat([Buffer.of(0x7b, 0xe9, 0x7d, 0x0a), Buffer.from(line)]);
    expect([await codeOf(first), await placeOf(first)]).toEqual(["invalid_json", { line: 1, column: 2 }]);
    const utf16 = Buffer.from(`\uFEFF${line}`, "utf16le");
    expect([await codeOf(utf16), await placeOf(utf16)]).toEqual(["invalid_json", { line: 1, column: 1 }]);
  });

  it("is not taken for lines because it is nested too deep, whatever its size", async () => {
    for (const padding of ["", " ".repeat(100_000)]) {
      const events = `{"events":[\n${line},\n{"event_type":"x","properties":${deep(101)}},\n${line}${padding}\n]}`;
      expect(await codeOf(events)).toBe("too_deep");
    }
  });

  it("is never taken: a JSON text with events one a line, damaged anywhere", async () => {
    const texts = [
      wrapped(`${line},`, `${line},`, line),
      `[\n${line},\n${line}\n]`,
      JSON.stringify({ events: [a] }, null, 1),
    ];
    const places = fc.constantFrom(...texts).chain((text) => fc.tuple(fc.constant(text), fc.nat(text.length - 1)));
    const damages = fc.constantFrom("", "NaN", ",", "}", "//", "'", "\n", "\u0000");
    await fc.assert(
      fc.asyncProperty(places, damages, async ([text, at], damage) => {
        const damaged = `${text.slice(0, at)}${damage}${text.slice(at + 1)}`;
        fc.pre(!isJson(damaged));
        expect(await codeOf(damaged)).toBe("invalid_json");
      }),
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("the place where JSON is wrong", () => {
  it("is told, and nothing of the text is quoted", async () => {
    expect((await refusal('{"secret":\n "abc" x}')).message).toMatch(/line 2, column 8/);
    expect((await refusal('{"secret": "hunter2" x}')).message).toMatch(/^(?!.*hunter2).*column 22/);
    expect((await refusal("[1, 2,, 3]")).message).toMatch(/line 1, column 7/);
    expect((await refusal('{"a": tru}')).message).toMatch(/line 1, column 10/);
    expect((await refusal('{"a": "x')).message).toMatch(/line 1, column 7: the string that begins here/);
  });

  it.each([
    ['["abc', 2],
    ['{"a":"b', 6],
    ['{"a":1,"b', 8],
    ['["a\nb', 2],
    ['["a\\', 2],
  ])("is where a string begins that has no end: %j", async (text, column) => {
    expect(await placeOf(text)).toMatchObject({ line: 1, column });
  });

  it.each(['[1,}"a', '{"a" "b', '{"a":1} "b'])(
    "is what comes before such a string, where that is wrong: %s",
    async (text) => {
      const [, why = ""] = /column \d+: (.+)$/.exec((await refusal(text)).message) ?? [];
      expect(() => JSON.parse(text)).toThrow(why);
      expect(why).not.toBe("");
    },
  );

  it("is the one that V8 tells, where it does", async () => {
    const json = fc.json({ maxDepth: 3 });
    const damages = fc.constantFrom("", "1", "x", '"', "\\", ",", ":", "{", "]", "\n", "-", ".", "e", "\\u12");
    await fc.assert(
      fc.asyncProperty(json, fc.nat(), damages, async (text, where, damage) => {
        const at = where % (text.length + 1);
        const damaged = `${text.slice(0, at)}${damage}${text.slice(at + 1)}`;
        const told = /position (\d+)/.exec(messageOf(damaged))?.[1];
        const found = await findJsonError(damaged, takeTurns());
        if (told !== undefined) expect([damaged, found]).toEqual([damaged, Number(told)]);
        else if (isJson(damaged)) expect([damaged, found]).toEqual([damaged, damaged.length]);
      }),
      { numRuns: 2_000 },
    );
  });

  function messageOf(text: string): string {
    try {
      JSON.parse(text);
      return "";
    } catch (error) {
      return String(error);
    }
  }
});

describe("a body whose work is out of proportion to its bytes", () => {
  const names = (count: number, of = 0): string =>
    `{${Array.from({ length: count }, (_, i) => `"k${of}.${i}":1`).join(",")}}`;
  const event = (properties: string): string => `{"event_type":"x","properties":${properties}}`;

  it.each([
    ["names in one object", event(names(bodyBounds.namesOfObject + 1)), "too_many_names"],
    ["names in one object of a line", `${line}\n${event(names(bodyBounds.namesOfObject + 1))}`, "too_many_names"],
    ["names in the first line", `${event(names(bodyBounds.namesOfObject + 1))}\n${line}`, "too_many_names"],
    [
      "names in all",
      `[${Array(bodyBounds.names / 1_000 + 1)
        .fill(names(1_000))
        .join(",")}]`,
      "too_many_names",
    ],
    [
      "names in all lines",
      Array(bodyBounds.names / 1_000 + 1)
        .fill(names(1_000))
        .join("\n"),
      "too_many_names",
    ],
    ["different names", `[${Array.from({ length: 51 }, (_, i) => names(1_000, i)).join(",")}]`, "too_many_names"],
    ["different names of lines", Array.from({ length: 51 }, (_, i) => names(1_000, i)).join("\n"), "too_many_names"],
    [
      "names with escapes",
      `[${Array(60_000)
        .fill(event(`{"caf\\u00e9":"${"x".repeat(60)}"}`))
        .join(",")}]`,
      "body_too_large",
    ],
    ["values", event(`{"a":[${"1,".repeat(bodyBounds.values)}1]}`), "too_many_values"],
    ["empty arrays", event(`{"a":[${"[],".repeat(bodyBounds.values)}1]}`), "too_many_values"],
    ["values of all lines", `${`${event(`[${"1,".repeat(60_000)}1]`)}\n`.repeat(20)}`, "too_many_values"],
  ] satisfies [string, string, ErrorCode][])("is refused before it is parsed: %s", async (_, body, code) => {
    expect(await codeOf(body)).toBe(code);
    expect(await placeOf(body)).toEqual({ limit: expect.any(Number) });
  });

  it("is taken at the bounds", async () => {
    expect((await parse(event(names(bodyBounds.namesOfObject)))).events).toHaveLength(1);
    expect((await parse(`[${event(names(2_000))},${event('{"a":"]}],:"}')}]`)).names).toBe(2_000 + 2 + 3);
  });

  it("as a line larger than an event is not parsed, and keeps its neighbours", async () => {
    const large = event(`"${"x".repeat(limits.eventBytes)}"`);
    const { events } = await parse(`${line}\n${large}\n${"x".repeat(limits.eventBytes + 1)}\n${line}`);
    const tooLarge = { problem: expect.objectContaining({ code: "too_large" }) };
    expect(events).toEqual([{ value: a }, tooLarge, tooLarge, { value: a }]);
  });

  it("does not take strings for brackets", async () => {
    const text = JSON.stringify([{ event_type: "x", properties: { a: '[{"'.repeat(50_000), "[": "\\" } }]);
    expect((await parse(text)).events).toHaveLength(1);
  });
});

describe("the bytes of each event", () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const spaced = (values: readonly unknown[], space: string): [string, string[]] => {
    const texts = values.map((value) => JSON.stringify(value, null, space));
    return [`${space}[${space}${texts.join(`${space},${space}`)}${space}]`, texts];
  };
  const textsOf = async (body: string): Promise<string[]> =>
    (await (await parse(body)).sources(takeTurns())).map((source) => source.toString());

  it("are found, in an array, a wrapper and lines, whatever the events hold", async () => {
    const lists = fc.array(json, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(lists, fc.constantFrom("", " ", "\n"), async (values, space) => {
        const [array, texts] = spaced(values, space);
        expect(await textsOf(array)).toEqual(texts);
        expect(await textsOf(`{"sent_at":null,${space}"ev\\u0065nts"${space}:${array}}`)).toEqual(texts);
        const lines = [line, ...values.map((value) => JSON.stringify(value)), line];
        expect(await textsOf(lines.join("\n"))).toEqual(lines);
      }),
    );
  });

  it.each([
    ["events", `{"events":[${line}],"events":[${line}]}`, { line: 1, column: 32 }],
    ["events, escaped once", `{"events":[${line}],\n"\\u0065vents":[${line}]}`, { line: 2, column: 1 }],
    ["sent_at", `{"sent_at":"2026-11-22T10:00:00Z","events":[${line}],"sent_at":null}`, { line: 1, column: 65 }],
  ])("are not told for a wrapper with %s twice", async (_, body, place) => {
    const batch = await parse(body);
    expect(batch.names).not.toBe(1);
    await expect(batch.sources(takeTurns())).rejects.toMatchObject({ code: "invalid_json", members: place });
  });
});
