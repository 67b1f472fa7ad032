import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkEach } from "../../../shared/ingest/check-each.ts";
import { parseBody } from "../../../shared/ingest/parse-body.ts";
import { takeTurns } from "../../../shared/runtime/turn.ts";

const limits = { bodyBytes: 4e6, unpackedBytes: 20e6, events: 5_000, eventBytes: 256 * 1024, eventTypes: 1_000 };
const check = async (body: string) => {
  const turns = takeTurns();
  return checkEach(await parseBody(Buffer.from(body), limits, turns), Date.now(), limits, turns);
};
const event = (properties: string): string => `{"event_type":"x","properties":${properties}}`;
/** The fault of an event with these properties, alone and among others, as an array, a wrapper and lines. */
async function faultOf(properties: string): Promise<string> {
  const good = event('{"a":[1,{"b":2}]}');
  const one = event(properties);
  const bodies = [one, `[${good},${one},${good}]`, `{"events":[${good}, ${one}]}`, `${good}\n${one}\n${good}`];
  const faults = await Promise.all(bodies.map(check));
  const told = faults.map((all) =>
    all.flatMap((each) => ("problem" in each ? [`${each.problem.code} ${each.problem.path}`] : [])),
  );
  expect(new Set(told.map((each) => each.join())).size).toBe(1);
  return told[0]?.join() || "valid";
}

describe("a number", () => {
  it.each([
    ["608548899684111178", "number_not_exact"],
    ["9007199254740993", "number_not_exact"],
    ["-9223372036854775807", "number_not_exact"],
    ["18446744073709551616", "number_not_exact"],
    ["9007199254740993.0", "number_not_exact"],
    ["900719925474099.3e1", "number_not_exact"],
    ["9.007199254740993E+15", "number_not_exact"],
    ["90071992547409930e-1", "number_not_exact"],
    ["123456789012345678900000000000", "number_not_exact"],
    [`1${"0".repeat(200)}1`, "number_not_exact"],
    ["9007199254740991", "valid"],
    ["9007199254740992", "valid"],
    ["1000000000000000000000", "valid"],
    ["608548899684111200", "valid"],
    ["1e23", "valid"],
    ["1.2345678901234568e+21", "valid"],
    ["0.1234567890123456789", "valid"],
    ["1234567890123456.7", "valid"],
    ["-0", "valid"],
    ["1e-400", "valid"],
    [`0.${"0".repeat(400)}1`, "valid"],
    ["0.0000000000000000", "valid"],
    ["1e400", "invalid_value"],
    [`1${"0".repeat(400)}`, "invalid_value"],
    ['"608548899684111178"', "valid"],
    ['"a\\"608548899684111178"', "valid"],
  ])("%s is %s", async (number, expected) => {
    const paths = [
      [`{"a":${number}}`, "properties.a"],
      [`{"z":"x","a":{"b":[0,[{}], ${number} ]}}`, "properties.a.b[2]"],
    ] as const;
    for (const [properties, path] of paths)
      expect(await faultOf(properties)).toBe(expected === "valid" ? "valid" : `${expected} ${path}`);
  });

  it("is answered digit for digit when it is an integer that was taken", async () => {
    const digits = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
    await fc.assert(
      fc.asyncProperty(digits, async (integer) => {
        const [checked] = await check(event(`{"n":${integer}}`));
        const stored = checked && "json" in checked ? (JSON.parse(checked.json).properties.n as number) : undefined;
        const kept = String(Number(integer)) === String(integer);
        expect(stored === undefined ? "refused" : BigInt(String(stored))).toBe(kept ? integer : "refused");
      }),
    );
  });
});

describe("a name that stands twice", () => {
  it.each([
    ['{"plan":"free","plan":"paid"}', "properties.plan"],
    ['{"a":{"b":1,"c":2,"b":3}}', "properties.a.b"],
    ['{"a":[{"b":1},{"b":1,"\\u0062":2}]}', "properties.a[1].b"],
    ['{"a":{"x":1,"y":2},"a":{}}', "properties.a"],
    ['{"__proto__":1,"__proto__":2}', "properties.__proto__"],
    ['{"":1,"":2}', "properties."],
    ['{"1":1,"1":1}', "properties.1"],
  ])("in %s is told", async (properties, path) => {
    expect(await faultOf(properties)).toBe(`repeated_name ${path}`);
  });

  it("is told of the event's own fields", async () => {
    const [checked] = await check('{"event_type":"a","event_type":"b"}');
    expect(checked).toMatchObject({ problem: { code: "repeated_name", path: "event_type" } });
  });

  it.each([
    '{"a":{"b":1},"c":{"b":1},"d":[{"b":1},{"b":1}]}',
    '{"a":"b","b":"a:","c":":","d":"\\":\\",\\""}',
    '{"a" : 1 , "b"\r:\t2, "c":{ } ,"d":[ ]}',
  ])("is not seen where there is none: %s", async (properties) => {
    expect(await faultOf(properties)).toBe("valid");
  });

  it("is found in any JSON, and nowhere else", async () => {
    const names = fc.array(fc.constantFrom("a", "b", "\u00e9", '"', "\\", "{:"), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(names, names, async (outer, inner) => {
        const object = (of: readonly string[], value: string): string =>
          `{${of.map((name) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
        const twice = [outer, inner].some((of) => new Set(of).size < of.length && (of === outer || outer.length > 0));
        const body = event(object(outer, object(inner, "[1]")));
        const [checked] = await check(body);
        expect([body, checked && "problem" in checked]).toEqual([body, twice]);
      }),
    );
  });

  it("in a wrapper refuses the request", async () => {
    const one = event("{}");
    await expect(check(`{"events":[${one}],"events":[${one}]}`)).rejects.toMatchObject({ code: "invalid_json" });
    await expect(check(`{"events":[${one}],"events":[7]}`)).rejects.toMatchObject({ code: "invalid_json" });
  });
});

describe("many events", () => {
  it("are checked in turns: others come to their turn in between", async () => {
    const names = Array.from({ length: 40 }, (_, i) => `"k${i}":${i}`).join(",");
    const body = `[${Array(5_000)
      .fill(event(`{${names}}`))
      .join(",")}]`;
    let turns = 0;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const checked = await check(body);
    clearImmediate(timer);
    expect(checked).toHaveLength(5_000);
    expect(turns).toBeGreaterThan(2);
  });
});
