import floors from "../../shared/floors.json" with { type: "json" };
import { type Finding, reportFindings } from "./support/finding.ts";
import { listFiles } from "./support/project.ts";

const LIST = "shared/floors.json";

/** Rooms without a floor, which could import anything, and rooms with two. `files` are all of the project. */
export function findWithoutFloor(
  building: string,
  rooms: readonly (readonly string[])[],
  files: readonly string[],
): Finding[] {
  const named = rooms.flat();
  const inside = files.filter((file) => file.startsWith(`${building}/`) && file.endsWith(".ts"));
  const there = new Set(inside.map((file) => file.slice(building.length + 1).split("/")[0] ?? ""));
  const missing = [...there].filter((room) => !named.includes(room));
  const twice = named.filter((room, at) => named.indexOf(room) !== at);
  return [
    ...missing.map((room) => ({
      path: `${building}/${room}`,
      what: "it has no floor",
      next: `Put it into ${LIST} under "${building}": above all that it imports, below all that imports it.`,
    })),
    ...twice.map((room) => ({ path: LIST, what: `"${room}" is on two floors`, next: "Take the upper one out." })),
  ];
}

if (import.meta.main) {
  const { about: _, ...buildings } = floors;
  const files = listFiles(["shared/**/*.ts"]);
  reportFindings(Object.entries(buildings).flatMap(([building, rooms]) => findWithoutFloor(building, rooms, files)));
}
