import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { toolEnv } from "../../scripts/checks/support/tool-env.ts";

const exec = promisify(execFile);

/** Runs a tool as `npm run check` does, and gives its exit code and output. */
async function run(...args: string[]): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await exec(process.execPath, args, { maxBuffer: 1e8, env: toolEnv });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

const rejected = "test/fixtures/rejected";

/** The sorted codes of the compiler's errors in a rejected file. */
async function typeErrorsIn(file: string): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), "headrace-types-"));
  try {
    const config = {
      extends: join(process.cwd(), "tsconfig.json"),
      files: [join(process.cwd(), rejected, file)],
      include: [],
      exclude: [],
      compilerOptions: { typeRoots: [join(process.cwd(), "node_modules/@types")] },
    };
    await writeFile(join(dir, "tsconfig.json"), JSON.stringify(config));
    const { code, output } = await run("node_modules/typescript-7/bin/tsc", "-p", dir, "--pretty", "false");
    expect(code).not.toBe(0);
    return [...output.matchAll(/error (TS\d+)/g)].map(([, found]) => found ?? "").toSorted();
  } finally {
    await rm(dir, { recursive: true });
  }
}

const useCase = "shared/ingest/use-case.ts";
const vendorPieces = ["cosmos", "create-documents", "credential"].map((name) => `shared/store/${name}.ts`);
const adapters = ["azure", "blob", "cosmos", "event-hubs", "key-vault", "openid", "storage"];
const tests = "test/support/until.ts";
const trigger = "functions/other-trigger.ts";

/** By rule: the file that breaks it, and its import. Of a cycle between folders, the folders. */
const expectedViolations: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "no-cycles": { "shared/ingest/first.ts": ["shared/ingest/second.ts"] },
  "no-cycles-between-folders": {
    "shared/access/keys": ["shared/access/members"],
    "shared/access/members": ["shared/access/keys"],
    "shared/ingest/dialects": ["shared/ingest/limits"],
    "shared/ingest/limits": ["shared/ingest/dialects"],
  },
  "no-way-up-from-http": { "shared/http/reaches-up.ts": ["shared/access/tokens/verify.ts"] },
  "no-way-up-from-keys": { "shared/access/keys/reaches-aside.ts": ["shared/access/members/member.ts"] },
  "no-way-up-from-members": { "shared/access/members/reaches-aside.ts": ["shared/access/keys/key.ts"] },
  "deployed-code-knows-nothing-else": {
    "shared/pipeline/deployed.ts": [
      "bench/measure.ts",
      "cli/command.ts",
      "infra/deploy.ts",
      "local/emulators/emulator.ts",
      "scripts/build.ts",
      tests,
    ],
  },
  "shared-knows-no-functions": { "shared/pipeline/calls-a-trigger.ts": [trigger, "functions/triggers.ts"] },
  "the-sdk-stands-alone": {
    "sdk/knows-the-product.ts": [
      "bench/measure.ts",
      "cli/command.ts",
      trigger,
      "infra/deploy.ts",
      "local/emulators/emulator.ts",
      "scripts/build.ts",
      "shared/access/keys/key.ts",
      tests,
    ],
  },
  "the-product-knows-no-sdk": { "shared/pipeline/deployed.ts": ["sdk/client.ts"] },
  "emulators-know-nothing-of-headrace": {
    "local/emulators/knows-headrace.ts": [
      "bench/measure.ts",
      "cli/command.ts",
      trigger,
      "infra/deploy.ts",
      "local/launcher/launch.ts",
      "scripts/build.ts",
      "shared/access/keys/key.ts",
      tests,
    ],
  },
  "the-launcher-knows-no-commands": {
    "local/launcher/knows-commands.ts": [
      "bench/measure.ts",
      "cli/command.ts",
      trigger,
      "infra/deploy.ts",
      "scripts/build.ts",
      tests,
    ],
  },
  "commands-know-no-tests": {
    "cli/knows-tests.ts": ["bench/measure.ts", trigger, "infra/deploy.ts", "scripts/build.ts", tests],
  },
  "scripts-know-shared-only": {
    "scripts/starts-things.ts": ["bench/measure.ts", "cli/command.ts", trigger, "local/emulators/emulator.ts", tests],
  },
  "functions-are-called-by-the-host-only": { "bench/calls-a-function.ts": [trigger] },
  "infra-reads-lists-only": {
    "infra/knows-the-app.ts": [
      "bench/measure.ts",
      "cli/command.ts",
      trigger,
      "local/emulators/emulator.ts",
      "scripts/build.ts",
      "shared/compose/app.ts",
      "shared/store/cosmos.ts",
      tests,
    ],
  },
  "triggers-are-data": { "functions/triggers.ts": ["shared/compose/app.ts"] },
  "functions-call-the-app-only": {
    "functions/reaches-into-shared.ts": [trigger, "shared/ingest/event-hubs-part.ts"],
  },
  "adapters-only-in-compose": {
    [useCase]: [...vendorPieces, ...adapters.map((kind) => `shared/ingest/${kind}-part.ts`)],
  },
  "sdks-only-in-adapters": { [useCase]: ["@azure/event-hubs", "openid-client"] },
};

function listViolations([rule, imports]: [string, Readonly<Record<string, readonly string[]>>]): string[] {
  return Object.entries(imports).flatMap(([from, targets]) => targets.map((to) => `${rule}: ${from} → ${to}`));
}

/** `rule: importer → imported` for each error that dependency-cruiser prints, sorted. */
function violationsIn(output: string): string[] {
  const short = (path = ""): string =>
    path.replace(`${rejected}/`, "").replace(/^node_modules\/((@[^/]+\/)?[^/]+).*/, "$1");
  // A cycle's way is on lines of its own.
  return [...output.replaceAll(/→\s+/g, "→ ").matchAll(/error ([\w-]+): (\S+) → (\S+)/g)]
    .map(([, rule, from, to]) => `${rule}: ${short(from)} → ${short(to)}`)
    .toSorted();
}

describe("each check rejects the fault that it is there for", () => {
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
    // An error for each line of the fixture that is wrong: TS2345 is an argument that does not fit.
    const misfits = Array.from({ length: 9 }, () => "TS2345");
    expect(await typeErrorsIn("types.ts")).toEqual(["TS1294", "TS2322", "TS2322", ...misfits]);
  });

  it("types: a route without a handler, a handler without a route, a principal where anyone may call", async () => {
    expect(await typeErrorsIn("handlers.ts")).toEqual(["TS2339", "TS2353", "TS2741"]);
  });

  it("dependency direction: every rule, and each alternative in its patterns", async () => {
    const folders = ["functions", "shared", "sdk", "local", "cli", "bench", "scripts", "infra"];
    const { code, output } = await run(
      "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
      ...folders.map((folder) => `${rejected}/${folder}`),
      "--config",
      ".dependency-cruiser.cjs",
    );
    expect(code).not.toBe(0);
    // An import that is not in the list is allowed: adapters know their vendor's SDK, and share its pieces.
    expect(violationsIn(output)).toEqual(Object.entries(expectedViolations).flatMap(listViolations).toSorted());
  });

  it("dependency direction: every rule that is not a room's is among the rules tested here", async () => {
    const { forbidden } = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as {
      forbidden: { name: string }[];
    };
    const rules = forbidden.map(({ name }) => name).filter((name) => !name.startsWith("no-way-up-from-"));
    for (const name of rules) expect(Object.keys(expectedViolations)).toContain(name);
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

  it("generated files: a page that differs from the code", async () => {
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
