import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const exec = promisify(execFile);

/** Runs a tool as `npm run check` does, and gives its exit code and output. */
async function run(...args: string[]): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await exec(process.execPath, args, { maxBuffer: 1e8 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

const rejected = "test/fixtures/rejected";

describe("each check rejects what it is there for", () => {
  it("lint: lost awaits, any, non-null assertions, the environment", async () => {
    // The fixture is outside of what Biome is configured to read; a config of its own includes it.
    const dir = await mkdtemp(join(process.cwd(), ".rejected-"));
    try {
      await writeFile(join(dir, "floating.ts"), await readFile(`${rejected}/lint/floating.ts`));
      const { code, output } = await run(
        "node_modules/@biomejs/biome/bin/biome",
        "lint",
        "--vcs-enabled=false",
        "--colors=off",
        dir,
      );
      expect(code).not.toBe(0);
      for (const rule of ["noFloatingPromises", "noExplicitAny", "noNonNullAssertion", "noProcessEnv"])
        expect(output).toContain(rule);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("types: wrong types, unchecked indexes, syntax that Node cannot strip", async () => {
    const dir = await mkdtemp(join(tmpdir(), "headrace-types-"));
    try {
      const config = {
        extends: join(process.cwd(), "tsconfig.json"),
        files: [join(process.cwd(), rejected, "types.ts")],
        include: [],
        exclude: [],
      };
      await writeFile(
        join(dir, "tsconfig.json"),
        JSON.stringify({ ...config, compilerOptions: { typeRoots: [join(process.cwd(), "node_modules/@types")] } }),
      );
      const { code, output } = await run("node_modules/typescript-7/bin/tsc", "-p", dir, "--pretty", "false");
      expect(code).not.toBe(0);
      expect(output.match(/error TS\d+/g)?.sort()).toEqual(["error TS1294", "error TS2322", "error TS2322"]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("dependency direction: every rule", async () => {
    const args = ["functions", "shared", "local"].map((folder) => `${rejected}/${folder}`);
    const { code, output } = await run(
      "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
      ...args,
      "--config",
      ".dependency-cruiser.cjs",
    );
    expect(code).not.toBe(0);
    const rules = [
      "no-cycles",
      "deployed-code-knows-no-local-code",
      "functions-call-the-app-only",
      "adapters-only-in-app",
      "sdks-only-in-adapters",
    ];
    for (const rule of rules) expect(output).toContain(rule);
    // Each kind of adapter is known as one.
    expect(output).toMatch(/adapters-only-in-app: .*use-case\.ts → .*key-vault-vault\.ts/);
  });

  it("dead code: an export that nobody uses, a file that nobody imports", async () => {
    const dir = await mkdtemp(join(tmpdir(), "headrace-knip-"));
    try {
      await writeFile(join(dir, "package.json"), JSON.stringify({ name: "x", type: "module", main: "index.ts" }));
      await writeFile(join(dir, "index.ts"), `import { used } from "./used.ts";\nused();\n`);
      await writeFile(join(dir, "used.ts"), "export const used = (): void => {};\nexport const unused = 1;\n");
      await writeFile(join(dir, "orphan.ts"), "export const orphan = 1;\n");
      const { code, output } = await run("node_modules/knip/bin/knip.js", "--no-progress", "--directory", dir);
      expect(code).not.toBe(0);
      expect(output).toMatch(/orphan\.ts/);
      expect(output).toMatch(/unused/);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("generated files: a page that is not what the code says", async () => {
    const page = await readFile("docs/errors.md", "utf8");
    try {
      await writeFile("docs/errors.md", page.replace("| 400 |", "| 418 |"));
      const { code, output } = await run("scripts/generate-docs.ts", "--check");
      expect(code).not.toBe(0);
      expect(output).toContain("docs/errors.md is not up to date");
    } finally {
      await writeFile("docs/errors.md", page);
    }
  });
});
