import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin, PluginBuild } from "esbuild";

export interface Replacement {
  /** End of the path of the module that is replaced. */
  readonly path: string;
  /** SHA-256 of its text when the replacement was written. */
  readonly sha256: string;
  /** A module of this folder, or a change of the module's own text. */
  readonly by: string | ((text: string) => string);
}

export const replacements: readonly Replacement[] = [
  {
    path: "@azure/cosmos/dist/esm/utils/hashing/v2.js",
    sha256: "3db9ff3e6fb9270d7dad9252ab9eebca014e21fe3f428665bdd50fcdd1d269ac",
    by: "hash-partition-key.ts",
  },
  {
    // AMQP without Nagle's algorithm: docs/adr/0010.
    path: "@azure/core-amqp/dist/esm/ConnectionContextBase.js",
    sha256: "85ffd600bd26e83d116d9d04f760b22c0495086e852d133e38546eefbe9b5003",
    by: (text) => text.replace("reconnect: false,", "reconnect: false, tcp_no_delay: true,"),
  },
];

/** Puts faster modules in the place of dependencies' own. The build fails when one of those has changed or is gone. */
export function replaceModules(wanted: readonly Replacement[]): Plugin {
  return { name: "replace-modules", setup: (build) => replaceIn(build, wanted) };
}

function replaceIn(build: PluginBuild, wanted: readonly Replacement[]): void {
  const left = new Set(wanted.map(({ path }) => path));
  for (const { path, sha256, by } of wanted) {
    const filter = new RegExp(`/node_modules/${path.replaceAll(".", "\\.")}$`.replaceAll("/", "[/\\\\]"));
    build.onLoad({ filter }, async (args) => {
      left.delete(path);
      const text = await readFile(args.path, "utf8");
      const found = createHash("sha256").update(text).digest("hex");
      if (found !== sha256) return { errors: [{ text: explain(path, `has changed (SHA-256 ${found})`) }] };
      if (typeof by === "function") return { contents: by(text), loader: "js" };
      return { contents: await readFile(join(import.meta.dirname, by), "utf8"), loader: "ts" };
    });
  }
  build.onEnd((result) => {
    const inputs = Object.keys(result.metafile?.inputs ?? {});
    const isUsed = (path: string) => inputs.some((input) => input.includes(path.split("/", 2).join("/")));
    const gone = [...left].filter(isUsed);
    return { errors: gone.map((path) => ({ text: explain(path, "is not in the bundle any more") })) };
  });
}

function explain(path: string, what: string): string {
  return `${path} ${what}. See whether its replacement in scripts/faster is still right, or still needed (docs/adr/0010).`;
}
