import { execFile, spawn } from "node:child_process";
import { symlinkSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { findMarks, readMarks } from "../../scripts/checks/marks.ts";
import { collectInto, readCollected } from "../../scripts/reached/collected.ts";
import { until } from "../support/until.ts";

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "headrace-reached-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function runReached(cwd: string, ...args: string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(process.cwd(), "scripts/reached.ts"), ...args], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

describe("marks", () => {
  it("of the product are at least 50, each with a name of its own", () => {
    const { marks, wrong } = readMarks();
    expect(wrong).toEqual([]);
    expect(marks.length).toBeGreaterThanOrEqual(50);
  });

  it.each([
    ["a name that stands twice", 'reached("one");\nreached("one");', 2],
    ["a computed name", 'reached("one");\n\nreached(`one-` + kind);', 3],
    ["a variable", "reached(name);", 1],
    ["a name in other letters", 'reached("oneOfTwo");', 1],
    ["no name", "reached();", 1],
  ])("are refused for %s, at its line", (_what, text, line) => {
    expect(findMarks([{ path: "shared/x.ts", text }]).wrong).toMatchObject([{ path: "shared/x.ts", line }]);
  });
});

describe("a process that collects", () => {
  const script = (rest: string): string =>
    `import { reached } from ${JSON.stringify(join(process.cwd(), "shared/runtime/reached.ts"))};
     for (let i = 0; i < 3; i++) reached("often");
     reached("once");
     ${rest}`;
  const start = (folder: string, rest: string) =>
    spawn(process.execPath, ["--input-type=module", "--eval", script(rest)], {
      stdio: "ignore",
      env: { ...process.env, ...collectInto(folder) },
    });

  it("has written all when it ends, and two are added up", async () => {
    const folder = await makeFolder();
    const ends = [start(folder, ""), start(folder, "")].map((child) => new Promise((go) => child.once("exit", go)));
    expect(await Promise.all(ends)).toEqual([0, 0]);
    expect(Object.fromEntries(readCollected(folder))).toEqual({ often: 6, once: 2 });
  });

  it("has written each mark that it met when it is killed", async () => {
    const folder = await makeFolder();
    const child = start(folder, "setInterval(() => undefined, 1_000);");
    const ended = new Promise((go) => child.once("exit", go));
    await until(async () => (readCollected(folder).has("once") ? true : undefined));
    child.kill("SIGKILL");
    await ended;
    expect([...readCollected(folder).keys()].sort()).toEqual(["often", "once"]);
  });
});

describe("npm run reached", () => {
  it("says how often some tests met which marks", async () => {
    const { code, output } = await runReached(process.cwd(), "test/shared/pipeline/find-standing.test.ts");
    expect(output).toMatch(/^\d+ × partition-stands$/m);
    expect(output).not.toContain("no test meets");
    expect(code).toBe(0);
  });

  it("fails when all tests pass and none of them meets a mark, and names it", async () => {
    const dir = await makeFolder();
    symlinkSync(join(process.cwd(), "node_modules"), join(dir, "node_modules"));
    await mkdir(join(dir, "shared"));
    await writeFile(join(dir, "shared/x.ts"), 'reached("met");\nreached("never-met");\n');
    await writeFile(join(dir, "package.json"), '{ "type": "module" }');
    await writeFile(
      join(dir, "vitest.config.ts"),
      'export default { test: { projects: [{ test: { name: "all" } }] } };',
    );
    const publish = 'channel("headrace:reached").publish("met")';
    await writeFile(
      join(dir, "x.test.ts"),
      `import { channel } from "node:diagnostics_channel";\nimport { it } from "vitest";\nit("x", () => ${publish});\n`,
    );
    const { code, output } = await runReached(dir);
    expect(output).toContain('1 × met\n1 of 2 marks were met\nshared/x.ts:2: no test meets "never-met"\n');
    expect(code).toBe(1);
  });
});
