import type { Problem } from "./problem.ts";
import { findRegion, regionsWith } from "./regions.ts";
import type { Settings } from "./schema.ts";

/** That the region has what the stack is made of. */
export function checkRegion({ location, zones, edge, privateLinkLocations }: Settings): Problem[] {
  const key = "azure-native:location";
  const region = findRegion(location);
  if (region === undefined)
    return [
      {
        key,
        message: `"${location}" is not in infra/config/regions.ts: write one of ${regionsWith("flex")}; or, where Azure has a new region, add it there`,
      },
    ];
  const problems: Problem[] = [];
  if (!region.flex)
    problems.push({ key, message: `${location} has no Flex Consumption: write one of ${regionsWith("flex")}` });
  if (zones && !region.zones)
    problems.push({
      key: "headrace:zones",
      message: `${location} has no availability zones: write false, or another region of ${regionsWith("zones")}`,
    });
  return [...problems, ...checkEntries(edge.privateLinkLocations.length > 0, privateLinkLocations)];
}

function checkEntries(given: boolean, locations: readonly string[]): Problem[] {
  const key = "headrace:edge.privateLinkLocations";
  const near = `write the nearest of ${regionsWith("privateLink")}`;
  const unknown = locations.filter((location) => !findRegion(location)?.privateLink);
  const problems = unknown.map((location) => ({
    key,
    message: given
      ? `Front Door does not enter in "${location}": ${near}`
      : `Front Door does not enter in ${location}, where the app is: ${near}, as a list`,
  }));
  if (new Set(locations).size < locations.length)
    problems.push({ key, message: "write each region once: a second origin in one adds nothing" });
  return problems;
}
