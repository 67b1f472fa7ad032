import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const ROW = /\{ reads: \[([\d, ]+)\], writes: (\d+) \}/g;

/**
 * Makes the bundle of a release that is ahead of this one: it writes one version more of every format in the table, and
 * reads it.
 */
export function raiseVersions(): Plugin {
  return {
    name: "raise-versions",
    setup: ({ onLoad }) => {
      onLoad({ filter: /shared\/store\/formats\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        let rows = 0;
        const contents = source.replace(ROW, (_, reads: string, writes: string) => {
          rows++;
          const next = Number(writes) + 1;
          return `{ reads: [${reads}, ${next}], writes: ${next} }`;
        });
        if (rows === 0 || rows !== source.match(/writes: \d/g)?.length)
          throw new Error("not every row of the table was raised");
        return { contents, loader: "ts" };
      });
    },
  };
}
