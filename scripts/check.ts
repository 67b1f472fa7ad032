import { spawn } from "node:child_process";
import process from "node:process";
import { toolEnv } from "./checks/support/tool-env.ts";
import { installInfra } from "./install-infra.ts";

/** Every check that must pass before a commit, side by side. `test/scripts` shows that each one can fail. */
const checks: Readonly<Record<string, readonly string[]>> = {
  "format and lint": [
    "node_modules/@biomejs/biome/bin/biome",
    "ci",
    "--error-on-warnings",
    "--diagnostic-level=warn",
    "--colors=off",
    ".",
  ],
  types: checkTypes("tsconfig.json"),
  "types of the SDK": checkTypes("sdk"),
  "types of infra": checkTypes("infra"),
  "dependency direction": [
    "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs",
    ...["functions", "shared", "sdk", "local", "cli", "bench", "scripts", "spec", "infra", "test"],
    "--exclude",
    "^test/fixtures",
    "--output-type",
    "err-long",
    "--config",
    ".dependency-cruiser.cjs",
  ],
  "rooms have a floor": ["scripts/checks/floors.ts"],
  "dead code": ["node_modules/knip/bin/knip.js", "--no-progress"],
  "generated files": ["scripts/generate-docs.ts", "--check"],
  "length of files and functions": ["scripts/checks/long.ts"],
  "paths that pages name": ["scripts/checks/doc-paths.ts"],
  "names that pages name": ["scripts/checks/doc-names.ts"],
  "commands that pages name": ["scripts/checks/doc-commands.ts"],
  "width of comments and pages": ["scripts/checks/width.ts"],
  "settings are described and used": ["scripts/checks/settings.ts"],
  "containers are defined and described": ["scripts/checks/containers.ts"],
  "marks of rare branches have names": ["scripts/checks/marks.ts"],
  "scripts are named by a page": ["scripts/checks/npm-scripts.ts"],
};

/** What it found out of files is kept, so that the next run looks at those that have changed: 3 s instead of 11. */
function checkTypes(project: string): readonly string[] {
  const kept = `node_modules/.cache/types/${project}.tsbuildinfo`;
  const incremental = ["--noEmit", "--incremental", "--tsBuildInfoFile", kept];
  return ["node_modules/typescript-7/bin/tsc", "-p", project, ...incremental, "--pretty", "false"];
}

interface Result {
  readonly name: string;
  readonly code: number;
  readonly output: string;
  readonly seconds: string;
}

function run(name: string, args: readonly string[]): Promise<Result> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env: toolEnv });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on("close", (code) => {
      resolve({ name, code: code ?? 1, output, seconds: ((performance.now() - started) / 1000).toFixed(1) });
    });
  });
}

installInfra();
const results = await Promise.all(Object.entries(checks).map(([name, args]) => run(name, args)));
for (const { name, code, output, seconds } of results) {
  // A run of dependency-cruiser that found no module has checked nothing, and exits 0 all the same.
  const empty = name === "dependency direction" && !/[1-9]\d* modules/.test(output);
  const failed = code !== 0 || empty;
  if (failed) process.exitCode = 1;
  process.stdout.write(`${failed ? "✗" : "✓"} ${name} (${seconds} s)\n`);
  if (failed) process.stdout.write(`${output.trim()}\n`);
}
