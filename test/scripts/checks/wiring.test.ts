import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";

/** Runs a script of the project in a folder, and gives its exit code and output. */
function run(cwd: string, script: string, ...args: string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(process.cwd(), script), ...args], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

describe("npm run check", () => {
  it("runs every check that exists", async () => {
    const called = await readFile("scripts/check.ts", "utf8");
    for (const file of await readdir("scripts/checks")) {
      const text = file.endsWith(".ts") ? await readFile(join("scripts/checks", file), "utf8") : "";
      if (text.includes("import.meta.main")) expect(called).toContain(`"scripts/checks/${file}"`);
    }
  });

  it("prints the findings of a check, and the check's exit code is 1", async () => {
    const dir = await mkdtemp(join(tmpdir(), "headrace-check-"));
    onTestFinished(() => rm(dir, { recursive: true }));
    await writeFile(join(dir, "package.json"), JSON.stringify({ scripts: { known: "node x.ts", gone: "node y.ts" } }));
    await writeFile(join(dir, "README.md"), "`npm run known`\n");
    const { code, output } = await run(dir, "scripts/checks/npm-scripts.ts");
    expect(output).toContain('package.json: no page names the script "gone"');
    expect(output).not.toContain("known");
    expect(code).toBe(1);
  });

  it("rejects a test of shared/ in a folder that does not mirror the tested one", async () => {
    const { code, output } = await run(
      process.cwd(),
      "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
      "test/fixtures/rejected/test",
      "--config",
      ".dependency-cruiser.cjs",
    );
    const found = [...output.matchAll(/error test-shared-mirrors-shared: (\S+)/g)].map(([, path = ""]) => path);
    expect(found.map((path) => path.replace("test/fixtures/rejected/test/", "")).toSorted()).toEqual([
      "shared/gone/no-such-folder.test.ts",
      "shared/ingest/of-another-folder.test.ts",
    ]);
    expect(code).not.toBe(0);
  });
});
