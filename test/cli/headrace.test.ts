import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { root, runCommandToEnd } from "./support.ts";

const exec = promisify(execFile);
const commands = [
  "start",
  "org",
  "send",
  "listen",
  "account",
  "state",
  "quarantine",
  "contracts",
  "rotate",
  "emulator",
];

describe("headrace", () => {
  test("is found by npx in the project, also from a folder within it, and lists its commands", async () => {
    const { PATH = "", HOME = "" } = process.env;
    const { stdout } = await exec("npx", ["headrace", "--help"], { cwd: join(root, "docs"), env: { PATH, HOME } });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect(stdout).toContain("Exit codes");
  });

  test.each(commands)("%s says how it is used, and refuses unknown arguments", async (command) => {
    const help = await runCommandToEnd(command, ["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`npx headrace ${command}`);
    const refused = await runCommandToEnd(command, ["--no-such-flag"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(new RegExp(`^headrace ${command}: Unknown option '--no-such-flag'`));
  });

  test("has the names that npm scripts and the docs use", async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const called = Object.entries(scripts).filter(([, script]) => script.includes("headrace.cjs"));
    for (const [name, script] of called) expect(script).toBe(`node cli/headrace.cjs ${name}`);
    expect(called.map(([name]) => name)).toEqual(expect.arrayContaining(["account", "org"]));
    const docs = readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md"));
    const files = ["README.md", "CONTRIBUTING.md", "local/README.md", ...docs.map((file) => join("docs", file))];
    const pages = files.map((page) => readFileSync(join(root, page), "utf8"));
    const named = pages.flatMap((page) => [...page.matchAll(/npx headrace (\w+)/g)].map(([, name]) => name));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !commands.includes(name ?? ""))).toEqual([]);
  });

  test("refuses an unknown command, and a missing one", async () => {
    for (const [command, message] of [
      ["crete", 'There is no command "crete"'],
      ["toString", "There is no command"],
    ] as const) {
      const refused = await runCommandToEnd(command, []);
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain(message);
    }
  });

  test("has the version of the newest release in the changelog", async () => {
    const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
    const [, newest] = /^## (\d+\.\d+\.\d+) - /m.exec(changelog) ?? [];
    expect(await runCommandToEnd("--version", [])).toMatchObject({ code: 0, stdout: `${newest}\n` });
  });
});
