import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
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

  it("types: wrong types, unchecked indexes, syntax that Node cannot strip, errors without their members", async () => {
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
      // An error for each line of the fixture that is wrong: TS2345 is an argument that does not fit.
      const found = output.match(/error TS\d+/g)?.map((error) => error.replace("error ", ""));
      expect(found).toEqual(["TS2322", "TS2322", "TS1294", ...Array.from({ length: 9 }, () => "TS2345")]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("dependency direction: every rule, and each alternative in its patterns", async () => {
    const args = ["functions", "shared", "local", "bench", "scripts"].map((folder) => `${rejected}/${folder}`);
    const { code, output } = await run(
      "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
      ...args,
      "--config",
      ".dependency-cruiser.cjs",
    );
    expect(code).not.toBe(0);
    const short = (path = ""): string =>
      path.replace(`${rejected}/`, "").replace(/^node_modules\/((@[^/]+\/)?[^/]+).*/, "$1");
    // A cycle's way is on lines of its own.
    const found = [...output.replaceAll(/→\s+/g, "→ ").matchAll(/error ([\w-]+): (\S+) → (\S+)/g)].map(
      ([, rule, from, to]) => `${rule}: ${short(from)} → ${short(to)}`,
    );
    const adapters = ["azure", "blob", "cosmos", "event-hubs", "key-vault", "openid", "storage"];
    const useCase = "shared/ingest/use-case.ts";
    const trigger = "reaches-into-shared.ts";
    const expected = [
      "no-cycles: shared/ingest/first.ts → shared/ingest/second.ts",
      ...["bench/measure.ts", "local/helper.ts", "scripts/build.ts", "test/support/until.ts"].map(
        (to) => `deployed-code-knows-no-local-code: shared/ingest/deployed.ts → ${to}`,
      ),
      ...["eventhub", "http", "queue", "timer"].map(
        (kind) => `functions-call-the-app-only: functions/${kind}/${trigger} → shared/ingest/event-hubs-part.ts`,
      ),
      `functions-call-the-app-only: functions/queue/${trigger} → functions/timer/${trigger}`,
      `shared-knows-no-functions: shared/ingest/calls-a-trigger.ts → functions/http/${trigger}`,
      ...["shared/store/credential.ts", "shared/store/cosmos.ts", "shared/store/create-documents.ts"].map(
        (to) => `adapters-only-in-app: ${useCase} → ${to}`,
      ),
      ...adapters.map((kind) => `adapters-only-in-app: ${useCase} → shared/ingest/${kind}-part.ts`),
      ...["@azure/event-hubs", "openid-client"].map((sdk) => `sdks-only-in-adapters: ${useCase} → ${sdk}`),
    ];
    // What is not in the list is allowed: adapters know their vendor's SDK, and share its pieces.
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it("dependency direction: every rule is among those that are tested here", async () => {
    const { forbidden } = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as {
      forbidden: { name: string }[];
    };
    const text = await readFile("test/scripts/checks.test.ts", "utf8");
    for (const { name } of forbidden) expect(text).toContain(`${name}: `);
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
