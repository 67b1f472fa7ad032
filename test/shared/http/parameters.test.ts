import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { queryOf, readParameters, wholeNumberParameter } from "../../../shared/http/parameters.ts";

const schema = z.object({ limit: wholeNumberParameter(1, 1_000).default(100), event_type: z.string().optional() });

const read = (search: string): unknown => {
  try {
    return readParameters(schema, queryOf({ url: `https://headrace.test/api/v1/events${search}` }));
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_parameter") return error.members;
    throw error;
  }
};

describe("a query string", () => {
  it.each([
    ["", { limit: 100 }],
    ["?", { limit: 100 }],
    ["?&", { limit: 100 }],
    ["?limit=1000", { limit: 1_000 }],
    ["?limit=007", { limit: 7 }],
    ["?event_type=a%2Bb+c%26%3D%25", { limit: 100, event_type: "a+b c&=%" }],
    ["?event_type=%F0%9F%98%80", { limit: 100, event_type: "😀" }],
  ])("%j is read", (search, expected) => {
    expect(read(search)).toEqual(expected);
  });

  it.each([
    ...["0x10", "1e2", "%205", "5%20", "+5", "-1", "5.0", "5.", "", "0", "1001", "NaN", "Infinity", "1_0", "%D9%A5"],
    ...["9007199254740993", "1n", "0b1", "0o7", "1,2"],
  ])("whose number is %j is refused", (text) => {
    expect(read(`?limit=${text}`)).toEqual({ parameter: "limit" });
  });

  it.each([
    ["?limit=1&limit=1", "limit"],
    ["?event_type=a&event_type=b", "event_type"],
    ["?event_type=a&event%5Ftype=b", "event_type"],
    ["?LIMIT=1", "LIMIT"],
    ["?__proto__=1", "__proto__"],
    ["?__proto__", "__proto__"],
    ["?constructor=1", "constructor"],
    ["?limit[]=1", "limit[]"],
    ["?=1", ""],
    ["?%20limit=1", " limit"],
    ["?limit%00=1", "limit\0"],
    ["?event_type=%FF", "event_type"],
    ["?event_type=%E0%A4%A", "event_type"],
    ["?event_type=100%", "event_type"],
    ["?event_type=%ED%A0%80", "event_type"],
    ["?%zz", "%zz"],
  ])("%j is refused: twice, unknown, or not UTF-8", (search, parameter) => {
    expect(read(search)).toEqual({ parameter });
  });
});
