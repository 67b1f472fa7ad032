import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const collector = join(import.meta.dirname, "collect.cjs");

/** The environment in which processes write the marks that they meet into a folder. */
export function collectInto(folder: string): Readonly<Record<"HEADRACE_REACHED" | "NODE_OPTIONS", string>> {
  return { HEADRACE_REACHED: folder, NODE_OPTIONS: `--require ${JSON.stringify(collector)}` };
}

/** How often marks were met, as processes have written it into a folder. */
export function readCollected(folder: string): ReadonlyMap<string, number> {
  const met = new Map<string, number>();
  for (const file of readdirSync(folder)) {
    for (const [, name = "", count] of readFileSync(join(folder, file), "utf8").matchAll(/^(\S+) (\d+)$/gm))
      met.set(name, (met.get(name) ?? 0) + Number(count));
  }
  return met;
}
