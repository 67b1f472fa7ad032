import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findLongTests } from "../../scripts/long-tests.ts";

const run = (...args: string[]): Promise<unknown> =>
  promisify(execFile)(process.execPath, ["scripts/test-long.ts", ...args]).catch((error: unknown) => error);

const names = [...findLongTests().keys()];

describe("npm run test:long", () => {
  it("knows the files by place and by name", () => {
    expect(Object.fromEntries(findLongTests())).toMatchObject({
      hour: ["test/outage/hour.test.ts"],
      model: ["test/model/model.long.test.ts"],
    });
  });

  it("with --help says how it is used, and lists the tests", async () => {
    expect(await run("--help")).toMatchObject({ stdout: expect.stringContaining(names.join(", ")), stderr: "" });
  });

  it.each([
    ["a name that is not there", ["outage", "no-such-test"], '"no-such-test"'],
    ["part of a name", ["out"], '"out"'],
    ["an unknown flag", ["--no-such-flag"], "'--no-such-flag'"],
  ])("refuses %s with exit code 2, and runs nothing", async (_what, args, named) => {
    expect(await run(...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(named) });
  });

  it("lists the existing names when one is unknown", async () => {
    expect(await run("no-such-test")).toMatchObject({ stderr: expect.stringContaining(names.join(", ")) });
  });
});
