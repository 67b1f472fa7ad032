import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const exec = promisify(execFile);

const passing = " Test Files  2 passed (2)\n      Tests  20 passed (20)\n   Duration  1.00s\n";
const other = " Test Files  1 passed (1)\n      Tests  3 passed (3)\n";
const failing = " Test Files  1 failed | 1 passed (2)\n      Tests  2 failed | 18 passed (20)\n";
const allFailed = " Test Files  1 failed (1)\n      Tests  3 failed (3)\n";
const skipping = "      Tests  5 passed | 2 skipped (7)\n";
const named =
  " FAIL  |product| test/product/a.test.ts > b\nAssertionError: expected 1 to be 2\n\n- Expected\n      Tests  1 failed (1)\n";
const noFiles = "No test files found, exiting with code 1\n";
const noTests = " Test Files  1 failed (1)\n      Tests  no tests\n";
const talking =
  "FAIL a title of 9 failed tests\n      Tests  1 passed (1) of a run within\n      Tests  4 passed (4)\n";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "headrace-add-up-"));
});
afterAll(() => rm(dir, { recursive: true }));

describe("the summary at the end of CI", () => {
  it.each<[string, [log: string, code: number][], string, number]>([
    [
      "two runs that pass are added up",
      [
        [passing, 0],
        [other, 0],
      ],
      "23 passed, 0 failed",
      0,
    ],
    [
      "failures of either count",
      [
        [failing, 1],
        [allFailed, 1],
      ],
      "18 passed, 5 failed",
      1,
    ],
    [
      "a failure in the first is not forgotten over the second",
      [
        [failing, 1],
        [other, 0],
      ],
      "21 passed, 2 failed",
      1,
    ],
    [
      "a run that crashed outside of its tests has failed",
      [
        [passing, 1],
        [other, 0],
      ],
      "23 passed, 1 failed",
      1,
    ],
    [
      "a run that was killed before its summary has failed",
      [
        [passing, 0],
        ["RUN v5\n", 137],
      ],
      "20 passed, 1 failed",
      1,
    ],
    [
      "a run without a file of tests has failed",
      [
        [passing, 0],
        [noFiles, 1],
      ],
      "20 passed, 1 failed",
      1,
    ],
    [
      "a run in which no test ran has failed, whatever its exit code",
      [
        [noTests, 0],
        ["", 0],
      ],
      "0 passed, 2 failed",
      1,
    ],
    ["what was skipped has not passed", [[skipping, 0]], "5 passed, 0 failed", 0],
    ["only the last summary counts, and no other line", [[talking, 0]], "4 passed, 0 failed", 0],
    [
      "what failed is named once more, with the first line of why",
      [
        [passing, 0],
        [named, 1],
        ["✗ ledger: two slots: UNFINISHED after 3 states\nTests  1 failed | 2 passed (3)\n", 1],
        ['shared/a.ts:3: no test meets "b"\n      Tests  4 passed (4)\n', 1],
      ],
      [
        "FAIL  |product| test/product/a.test.ts > b\nAssertionError: expected 1 to be 2",
        "✗ ledger: two slots: UNFINISHED after 3 states",
        'shared/a.ts:3: no test meets "b"',
        "26 passed, 3 failed",
      ].join("\n"),
      1,
    ],
    ["no run at all has failed", [], "0 passed, 0 failed", 1],
  ])("%s", async (_name, runs, line, code) => {
    const args = runs.flatMap(([log, exitCode], i) => {
      writeFileSync(join(dir, `log-${i}`), log);
      return [join(dir, `log-${i}`), String(exitCode)];
    });
    const ended = await exec(process.execPath, ["scripts/add-up.ts", ...args]).catch((error: unknown) => error);
    expect(ended).toMatchObject({ stdout: `${line}\n` });
    expect((ended as { code?: number }).code ?? 0).toBe(code);
  });
});
