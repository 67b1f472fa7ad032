import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { replaceModules, replacements } from "./faster/replace-modules.ts";

const root = join(import.meta.dirname, "..");

export interface BundleOptions {
  /** Within the project. */
  readonly entry: string;
  /** Emptied first. */
  readonly outDir: string;
  /** For tests, which bundle what is not written yet. */
  readonly plugins?: readonly Plugin[];
}

/** Stands in the bundle until it is known which build it is; as long as that, so that the source map stays right. */
const BUILD = "BUILD_ID";

/**
 * Bundles a function app into one folder that Azure and `func start` take as it is: `host.json`, `package.json` with
 * `main`, and the bundle with its source map. The host supplies `@azure/functions-core`. Both the bundle and its
 * `package.json` have the version with the build, the same one for the same code. Gives its size in bytes.
 */
export async function bundleApp({ entry, outDir, plugins = [] }: BundleOptions): Promise<number> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const { name, version, description, license } = await readManifest();
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
    // Of marks nothing is left: shared/runtime/reached.ts.
    dropLabels: ["MARK"],
    define: { HEADRACE_VERSION: JSON.stringify(`${version}+${BUILD}`) },
    plugins: [...plugins, replaceModules(replacements)],
    minifySyntax: true,
    minifyWhitespace: true,
    // Names stay, so that a stack trace can be read without the map as well.
    keepNames: false,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: "warning",
  });
  const stamped = await stamp(`${outDir}/index.mjs`, version);
  const manifest = { name, version: stamped, private: true, description, license, type: "module", main: "index.mjs" };
  await writeFile(`${outDir}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(`${outDir}/host.json`, await readFile(join(root, "host.json")));
  return Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
}

async function readManifest(): Promise<Record<"name" | "version" | "description" | "license", string>> {
  const { name, version, description, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  return { name, version, description, license };
}

/** Writes which build it is into the bundle: the beginning of its own hash. Gives the version with it. */
async function stamp(file: string, version: string): Promise<string> {
  const text = await readFile(file, "utf8");
  const build = createHash("sha256").update(text).digest("hex").slice(0, BUILD.length);
  await writeFile(file, text.replaceAll(`${version}+${BUILD}`, `${version}+${build}`));
  return `${version}+${build}`;
}
