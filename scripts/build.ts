import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleApp } from "./bundle.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const bytes = await bundleApp({ entry: "functions/index.ts", outDir: resolve(values.out) });
process.stdout.write(`${values.out}: host.json, package.json, index.mjs and its map, ${(bytes / 1e6).toFixed(1)} MB\n`);
