import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { bundleApp } from "../../scripts/bundle.ts";
import { readMarks } from "../../scripts/checks/marks.ts";

async function build(entry: string): Promise<{ version: string; code: string }> {
  const outDir = await mkdtemp(join(tmpdir(), "headrace-bundle-"));
  onTestFinished(() => rm(outDir, { recursive: true }));
  await bundleApp({ entry, outDir });
  const { version } = JSON.parse(await readFile(join(outDir, "package.json"), "utf8")) as { version: string };
  return { version, code: await readFile(join(outDir, "index.mjs"), "utf8") };
}

it("the same code has the same version with its build, in the bundle and beside it, and other code another", async () => {
  const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
  const [product, again, other] = await Promise.all([
    build("functions/index.ts"),
    build("functions/index.ts"),
    build("bench/rivals/plain-way/index.ts"),
  ]);
  expect(product.version).toMatch(/\+[0-9a-f]{8}$/);
  expect(product.version.split("+")[0]).toBe(version);
  expect(product.code).toContain(JSON.stringify(product.version));
  expect(again).toEqual(product);
  expect(other.version).not.toBe(product.version);
});

it("the product's bundle has no mark of a rare branch, nor what tells of them", async () => {
  const { code } = await build("functions/index.ts");
  const names = ["headrace:reached", ...readMarks().marks.map(({ name }) => name)];
  expect(names.filter((name) => code.includes(name))).toEqual([]);
});
