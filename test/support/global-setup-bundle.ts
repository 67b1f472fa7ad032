import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { startProduct } from "./start-product.ts";

/** The product from its bundle, alone in a folder far from the project: it must need nothing else. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), "headrace-bundle-"));
  await promisify(execFile)(process.execPath, ["scripts/build.ts", "--out", dir]);
  const files = (await readdir(dir)).sort();
  if (files.join(" ") !== "host.json index.mjs index.mjs.map package.json")
    throw new Error(`the bundle's folder holds ${files.join(" ")}`);
  const stop = await startProduct(project, dir);
  return async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  };
}
