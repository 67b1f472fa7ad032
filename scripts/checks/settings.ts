import { settings } from "../../shared/config.ts";
import { type Finding, reportFindings } from "./support/finding.ts";
import { readFiles, type TextFile } from "./support/project.ts";

/** Settings by name; undefined: without a description. */
export type Descriptions = Readonly<Record<string, string | undefined>>;

/** Settings that nobody can look up, and settings that have no effect. `config` is the file that declares them. */
export function findHalfSettings(descriptions: Descriptions, config: TextFile): Finding[] {
  return Object.entries(descriptions).flatMap(([name, description]) => {
    const [first, ...uses] = [...config.text.matchAll(new RegExp(`\\b${name}\\b`, "g"))];
    const at = { path: config.path, line: first && config.text.slice(0, first.index).split("\n").length };
    const undescribed = {
      ...at,
      what: `the setting ${name} has no description`,
      next: `Add .describe("…") to it, with the unit, then \`npm run docs\`.`,
    };
    const unused = {
      ...at,
      what: `the setting ${name} is read and not handed on`,
      next: "Hand it on in toConfig(), as a field of Config, or take it out.",
    };
    return [...(description ? [] : [undescribed]), ...(uses.length > 0 ? [] : [unused])];
  });
}

if (import.meta.main) {
  const descriptions = Object.entries(settings.shape).map(([name, { description }]) => [name, description] as const);
  const configs = readFiles(["shared/config.ts"]);
  reportFindings(configs.flatMap((config) => findHalfSettings(Object.fromEntries(descriptions), config)));
}
