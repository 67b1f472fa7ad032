import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { build } from "esbuild";

/**
 * Bundles the function app into one folder that Azure and `func start` take as it is: `host.json`, `package.json` with `main`,
 * and the bundle with its source map. `@azure/functions-core` is the host's to supply.
 */
async function bundle(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const result = await build({
    entryPoints: ["functions/index.ts"],
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
    minifySyntax: true,
    minifyWhitespace: true,
    // Names stay, so that a stack trace can be read without the map as well.
    keepNames: false,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: "warning",
  });
  const { name, version, license, description } = JSON.parse(await readFile("package.json", "utf8")) as Record<
    string,
    string
  >;
  const manifest = { name, version, private: true, description, license, type: "module", main: "index.mjs" };
  await writeFile(`${outDir}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(`${outDir}/host.json`, await readFile("host.json"));
  const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  process.stdout.write(`${outDir}: host.json, package.json, index.mjs and its map, ${(bytes / 1e6).toFixed(1)} MB\n`);
}

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
await bundle(values.out);
