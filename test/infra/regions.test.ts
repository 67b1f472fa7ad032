import { expect, test } from "vitest";
import { findRegion, regionsWith, toRegionName } from "../../infra/config/regions.ts";

test("Front Door enters only where a region has zones, as Microsoft says", () => {
  for (const name of regionsWith("privateLink").split(", ")) expect(findRegion(name)).toMatchObject({ zones: true });
});

test("a region is found by ARM's name, in whatever way the portal writes it", () => {
  expect(findRegion(toRegionName("East US 2"))).toEqual({ zones: true, flex: true, privateLink: true });
});

test("what every object has is no region", () => {
  expect(findRegion("constructor")).toBeUndefined();
});
