import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockCorrection, parseTime, resolveTime } from "../../../shared/event/event-time.ts";

const received = Date.parse("2026-11-22T12:00:00.000Z");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const iso = (time: number): string => new Date(time).toISOString();

describe("a time is read", () => {
  it.each([
    ["2026-11-20T10:15:00.1234567891Z", "2026-11-20T10:15:00.123Z"],
    ["2026-11-20T10:15:00.9999999999999999999999Z", "2026-11-20T10:15:00.999Z"],
    [`2026-11-20T10:15:00.${"0".repeat(5_000)}1Z`, "2026-11-20T10:15:00.000Z"],
    ["2026-11-20t10:15:00.5z", "2026-11-20T10:15:00.500Z"],
    ["2026-11-20 10:15:00.05+05:45", "2026-11-20T04:30:00.050Z"],
    ["1990-12-31T23:59:60Z", "1990-12-31T23:59:59.999Z"],
    ["1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.999Z"],
    ["2017-01-01T05:29:60.25+05:30", "2016-12-31T23:59:59.999Z"],
    ["1972-06-30T23:59:60Z", "1972-06-30T23:59:59.999Z"],
    ["0000-02-29T00:00:00Z", "0000-02-29T00:00:00.000Z"],
    ["2000-02-29T23:59:59.999999-00:00", "2000-02-29T23:59:59.999Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ])("%.60s is %s", (text, time) => {
    expect(iso(parseTime(text) ?? Number.NaN)).toBe(time);
  });

  it.each([
    "2026-06-15T12:30:60Z",
    "2026-06-30T23:58:60Z",
    "2026-06-29T23:59:60Z",
    "2026-06-30T23:59:60+01:00",
    "1971-12-31T23:59:60Z",
    "1990-12-31T23:59:61Z",
    "1900-02-29T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "9999-12-31T23:59:59-00:01",
    "0000-01-01T00:00:00+00:01",
    "2026-11-22T10:00:00.Z",
    "2026-11-22T10:00:00,5Z",
    "2026-11-22T10:00:00Z ",
    "2026-11-22T10:00:00Z\n",
    "2026-11-22T10:00:00.1234５Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:00:00+24:00",
    "2026-11-22T10:00:00+0000",
    "+010000-01-01T00:00:00Z",
  ])("%j is none", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it("of these years as Date reads it, and nothing else is one", () => {
    const noInvalidDate = {
      noInvalidDate: true,
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
    };
    fc.assert(
      fc.property(fc.date(noInvalidDate), (date) => {
        expect(parseTime(date.toISOString())).toBe(date.getTime());
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTime(text)).toBeUndefined();
      }),
    );
  });

  it("with any number of digits in the order that the digits have, and stored with all of them", () => {
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(digits, digits, (one, other) => {
        const [a, b] = [one, other].map((text) => `2026-11-20T10:15:00.${text}Z`) as [string, string];
        const [early, late] = `0.${one}`.padEnd(50, "0") <= `0.${other}`.padEnd(50, "0") ? [a, b] : [b, a];
        expect(parseTime(early)).toBeLessThanOrEqual(parseTime(late) ?? Number.NaN);
        const { timestamp, originalTimestamp = timestamp } = resolveTime(a, 0, received);
        expect(originalTimestamp.replace(/\.?0*Z$/, "")).toBe(a.replace(/\.?0*Z$/, ""));
      }),
    );
  });
});

describe("an event without a hint at its clock", () => {
  it.each([
    ["is kept, however old", "2015-09-12T00:46:58.771Z", "2015-09-12T00:46:58.771Z", undefined],
    ["in another zone is the same instant", "2026-11-22T13:00:00+02:00", "2026-11-22T11:00:00.000Z", undefined],
    ["a little ahead is kept", "2026-11-22T12:04:59Z", "2026-11-22T12:04:59.000Z", undefined],
    ["of microseconds keeps them", "2026-11-22T11:00:00.123456Z", "2026-11-22T11:00:00.123Z", true],
    ["of microseconds that are 0 has none", "2026-11-22T11:00:00.123000Z", "2026-11-22T11:00:00.123Z", undefined],
    ["of a leap second keeps it", "2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z", true],
    ["too far ahead is of the time of receipt", "2026-11-22T12:05:01Z", "2026-11-22T12:00:00.000Z", true],
    ["without a time is of the time of receipt", undefined, "2026-11-22T12:00:00.000Z", undefined],
  ])("%s", (_, sent, timestamp, original) => {
    const expected = original ? { timestamp, originalTimestamp: sent } : { timestamp };
    expect(resolveTime(sent, clockCorrection(undefined, received), received)).toEqual(expected);
  });
});

describe("`sent_at`", () => {
  it.each([
    ["is the time of receipt", 0, 0],
    ["is a little ahead", 5 * MINUTE, 0],
    ["is ahead: the clock is", 5 * MINUTE + 1, -5 * MINUTE - 1],
    ["is a day ahead", DAY, -DAY],
    ["is two years ahead", 730 * DAY, -730 * DAY],
    ["was hours ago: the body has waited", -3 * 60 * MINUTE, 0],
    ["was days ago", -6 * DAY, 0],
    ["was a week ago", -7 * DAY, 0],
    ["was longer ago: the clock is behind", -7 * DAY - 1, 7 * DAY + 1],
    ["was two years ago", -730 * DAY, 730 * DAY],
  ])("that %s moves times by the error of the clock", (_, ahead, correction) => {
    expect(clockCorrection(received + ahead, received)).toBe(correction);
  });

  it.each([
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "1970-01-21T02:40:55.200Z",
    "2000-01-01T00:00:00Z",
    "2038-01-19T03:14:07Z",
    "2106-02-07T06:28:15Z",
    "9999-12-31T23:59:59Z",
  ])("of %s says nothing: times stay", (sentAt) => {
    expect(clockCorrection(parseTime(sentAt), received)).toBe(0);
  });

  it("leaves a request's events in order and at their distance, or takes the time of receipt", () => {
    const minutes = fc.integer({ min: -20_000_000, max: 20_000_000 });
    fc.assert(
      fc.property(minutes, minutes, minutes, (skew, one, other) => {
        const correction = clockCorrection(received + skew * MINUTE, received);
        const at = (offset: number): number =>
          Date.parse(resolveTime(iso(received + offset * MINUTE), correction, received).timestamp);
        const [a, b] = [at(one), at(other)];
        if (a !== received && b !== received) expect(b - a).toBe((other - one) * MINUTE);
        expect(a).toBeLessThanOrEqual(received + 5 * MINUTE);
      }),
    );
  });

  it("corrects both of two events of a clock that is 10 minutes ahead, and keeps what was sent", () => {
    const correction = clockCorrection(received + 10 * MINUTE, received);
    const [first, second] = [3, 8].map((minutes) => iso(received + minutes * MINUTE));
    expect(resolveTime(first, correction, received)).toEqual({
      timestamp: iso(received - 7 * MINUTE),
      originalTimestamp: first,
    });
    expect(resolveTime(second, correction, received)).toEqual({
      timestamp: iso(received - 2 * MINUTE),
      originalTimestamp: second,
    });
  });
});
