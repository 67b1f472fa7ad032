import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readPackage } from "../../../infra/arm/read-package.ts";
import { createWorld } from "../../../infra/arm/world.ts";
import { bundleApp } from "../../../scripts/bundle.ts";
import { makeZip } from "../support/make-zip.ts";

test("what npm run build leaves, zipped, is a package, and its version is the one that the app answers", async () => {
  const folder = await mkdtemp(join(tmpdir(), "package-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const dist = join(folder, "dist");
  await bundleApp({ entry: "functions/index.ts", outDir: dist });
  const texts = (await readdir(dist)).map(async (name) => [name, await readFile(join(dist, name), "utf8")] as const);
  const files = Object.fromEntries(await Promise.all(texts));
  const zip = makeZip(files);
  const file = join(folder, "headrace.zip");
  await writeFile(file, zip);

  const sha256 = createHash("sha256").update(zip).digest("hex");
  const { version: whole } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
  const { version } = await readPackage(
    createWorld(() => undefined),
    { version: whole, sha256, source: { file } },
  );
  expect(version).toMatch(/\+[0-9a-f]{8}$/);
  expect(files["index.mjs"]).toContain(JSON.stringify(version));
});
