import { describe, expect, it } from "vitest";
import {
  checkDeprecations,
  type Deprecation,
  deprecationFields,
  deprecations,
} from "../../../shared/http/deprecations.ts";

const full: Deprecation = {
  ...{ since: "2027-01-01T00:00:00Z", sunset: "2027-07-01T00:00:00Z" },
  ...{ migration: "https://example.com/to-v2", successor: "/api/v2/events/{event_id}" },
};

describe("a deprecation", () => {
  it("is told by the three fields, as their RFCs spell them", () => {
    expect(deprecationFields(full, { params: { event_id: "a/b>c" } })).toEqual({
      deprecation: "@1798761600",
      sunset: "Thu, 01 Jul 2027 00:00:00 GMT",
      link: [
        '<https://example.com/to-v2>; rel="deprecation"; type="text/html"',
        '<https://example.com/to-v2>; rel="sunset"; type="text/html"',
        '</api/v2/events/a%2Fb%3Ec>; rel="successor-version"',
      ].join(", "),
    });
  });

  it("without a sunset and a successor says nothing of them", () => {
    const { since, migration } = full;
    expect(deprecationFields({ since, migration }, { params: {} })).toEqual({
      deprecation: "@1798761600",
      link: '<https://example.com/to-v2>; rel="deprecation"; type="text/html"',
    });
  });
});

describe("the policy", () => {
  const check = (changed: Partial<Deprecation>) => () => checkDeprecations({ "query-events": { ...full, ...changed } });

  it("is kept by this release's table", () => {
    expect(() => checkDeprecations(deprecations)).not.toThrow();
  });

  it("is six months side by side, by the calendar", () => {
    expect(check({})).not.toThrow();
    expect(check({ sunset: "2027-06-30T23:59:59Z" })).toThrow("query-events: its sunset is less than 6 months");
    expect(check({ sunset: "2026-01-01T00:00:00Z" })).toThrow(RangeError);
  });

  it.each([
    [{ since: "soon" }, '"soon" is not a time'],
    [{ sunset: "never" }, '"never" is not a time'],
    [{ migration: 'https://example.com/>; rel="x"' }, "is not the address of a page"],
    [{ migration: "a\nb" }, "is not the address of a page"],
    [{ migration: "http://" }, "is not the address of a page"],
  ])("refuses %o", (changed, message) => {
    expect(check(changed)).toThrow(message);
  });
});
