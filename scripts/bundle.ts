import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { replaceModules, replacements } from "./faster/replace-modules.ts";

const root = join(import.meta.dirname, "..");

export interface BundleOptions {
  /** Within the project. */
  readonly entry: string;
  /** Emptied first. */
  readonly outDir: string;
}

/**
 * Bundles a function app into one folder that Azure and `func start` take as it is: `host.json`, `package.json` with
 * `main`, and the bundle with its source map. The host supplies `@azure/functions-core`. Gives the bundle's size in
 * bytes.
 */
export async function bundleApp({ entry, outDir }: BundleOptions): Promise<number> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: `${outDir}/index.mjs`,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // CommonJS packages in an ES module still call `require`.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    external: ["@azure/functions-core"],
    plugins: [replaceModules(replacements)],
    minifySyntax: true,
    minifyWhitespace: true,
    // Names stay, so that a stack trace can be read without the map as well.
    keepNames: false,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: "warning",
  });
  const { name, version, license, description } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  ) as Record<string, string>;
  const manifest = { name, version, private: true, description, license, type: "module", main: "index.mjs" };
  await writeFile(`${outDir}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(`${outDir}/host.json`, await readFile(join(root, "host.json")));
  return Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
}
