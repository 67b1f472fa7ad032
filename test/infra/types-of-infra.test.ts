import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("types of infra reject a resource without what it needs, and a property that is not there", async () => {
  // Within infra/, so that its packages are found.
  const dir = await mkdtemp("infra/.rejected-");
  try {
    const config = { extends: "../tsconfig.json", files: ["wrong.ts"], include: [] };
    await writeFile(join(dir, "tsconfig.json"), JSON.stringify(config));
    await copyFile("test/fixtures/rejected/infra/resources.ts", join(dir, "wrong.ts"));
    const tsc = promisify(execFile)(process.execPath, [
      "node_modules/typescript-7/bin/tsc",
      "-p",
      dir,
      "--pretty",
      "false",
    ]);
    const { stdout } = await tsc.catch((error: { readonly stdout: string }) => error);
    expect([...stdout.matchAll(/error (TS\d+)/g)].map(([, found]) => found)).toEqual(["TS2739", "TS2561"]);
  } finally {
    await rm(dir, { recursive: true });
  }
});
