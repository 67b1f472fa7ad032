import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { root } from "../cli/support.ts";

const folder = join(root, "sdk");
/** A gzipped kilobyte has 1,000 bytes. */
const CORE_BYTES = 5_000;

beforeAll(() => void execFileSync(process.execPath, [join(folder, "build.ts")]));

/** Bytes of a bundle, minified and gzipped, of what a page imports. */
async function measure(contents: string): Promise<{ readonly code: string; readonly bytes: number }> {
  const stdin = { contents, resolveDir: folder, loader: "ts" } as const;
  const options = { bundle: true, write: false, minify: true, format: "esm", target: "es2022" } as const;
  const { outputFiles } = await build({ stdin, ...options });
  const code = outputFiles[0]?.text ?? "";
  return { code, bytes: gzipSync(code, { level: 9 }).length };
}

describe("the package", () => {
  it("has a core of at most 5 KB gzipped", async () => {
    const { bytes } = await measure(`export { createClient } from "./dist/index.js";`);
    expect(bytes).toBeLessThanOrEqual(CORE_BYTES);
  });

  it("leaves out what nobody imports", async () => {
    const { bytes } = await measure(`import { version } from "./dist/index.js"; export const v = version;`);
    expect(bytes).toBeLessThan(100);
  });

  it("is sound for publint", async () => {
    const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: "npm" });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it("has types that every way of importing an ES module finds, and no source nor test", async () => {
    const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts"], { cwd: folder }).toString();
    const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    const tarball = join(folder, filename);
    onTestFinished(() => rmSync(tarball));
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
    // CommonJS imports an ES module with `await import`; older resolution knows no `exports`.
    const ofModules = result.types
      ? result.problems.filter(
          (problem) => !("resolutionKind" in problem) || !/^(node10|node16-cjs)$/.test(problem.resolutionKind),
        )
      : [{ kind: "no types" }];
    expect(ofModules).toEqual([]);
    expect(
      files
        .map(({ path }) => path)
        .filter((path) => !/^(dist\/[\w/-]+\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(path)),
    ).toEqual([]);
  });

  it("asks for no module of Node and no package, so that it runs anywhere", async () => {
    const { code } = await measure(
      `export * from "./dist/index.js"; export * from "./dist/testing.js"; export * from "./dist/browser.js";`,
    );
    expect(code).not.toMatch(/\bfrom\s*"|\brequire\(|\bprocess\.|\bBuffer\b/);
  });
});
