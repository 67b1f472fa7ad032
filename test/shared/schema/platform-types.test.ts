import { expect, it } from "vitest";
import { findPlatformIssue, platformEventSchema } from "../../../shared/schema/platform-types.ts";

const known = platformEventSchema.options.flatMap(({ shape }) => {
  const names = Object.keys(shape.properties.unwrap().unwrap().shape);
  return names.map((name) => [shape.event_type.value, name] as const);
});

it.each(known)("%s: `%s` may be a text, null or missing, and nothing else", (event_type, name) => {
  for (const value of ["", "x", null, undefined])
    expect(findPlatformIssue({ event_type, properties: { [name]: value } })).toBeUndefined();
  for (const value of [0, true, [], {}])
    expect(findPlatformIssue({ event_type, properties: { [name]: value } })?.path).toEqual(["properties", name]);
});

it("asks for no property, refuses none beside those that it knows, and leaves other types free", () => {
  for (const event_type of new Set(known.map(([type]) => type)))
    for (const properties of [undefined, null, {}, { mine: { deep: [1] }, toString: 5 }])
      expect(findPlatformIssue({ event_type, properties })).toBeUndefined();
  for (const event_type of ["Page_View", "page_viewed", "constructor", "pageview"])
    expect(findPlatformIssue({ event_type, properties: { url: 5, group_id: {} } })).toBeUndefined();
});
