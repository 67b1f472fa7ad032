import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { createReleases, findReleases } from "../../bench/releases.ts";

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "headrace-releases-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const runChaos = (...args: string[]): Promise<unknown> =>
  promisify(execFile)(process.execPath, ["bench/chaos.ts", ...args]).catch((error: unknown) => error);

it.each([["--carry-over"], ["--turns", "3"]])("npm run chaos refuses %s without the last release", async (...flags) => {
  const stderr = expect.stringContaining("need --last DIR: a checkout of the last release");
  expect(await runChaos(...flags)).toMatchObject({ code: 2, stdout: "", stderr });
});

it("npm run chaos refuses a folder that is not a checkout with its packages, and names it", async () => {
  const folder = await makeFolder();
  const stderr = expect.stringMatching(new RegExp(`--last must be a checkout .* after \`npm install\`, not ${folder}`));
  expect(await runChaos("--last", folder)).toMatchObject({ code: 2, stdout: "", stderr });
});

it("the function app of hosts is that of the release that was chosen last", async () => {
  const dirs = { last: await makeFolder(), this: await makeFolder() };
  const releases = createReleases(dirs, join(await makeFolder(), "releases"), "last");
  expect(await realpath(releases.appDir)).toBe(await realpath(dirs.last));
  releases.choose("this");
  expect(await realpath(releases.appDir)).toBe(await realpath(dirs.this));
  expect(releases.chosen()).toBe("this");
});

it("a checkout of this project with its packages is taken", async () => {
  const { last } = findReleases(process.cwd());
  expect(JSON.parse(await readFile(join(last, "package.json"), "utf8"))).toMatchObject({ name: "headrace" });
});
