import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runRotation } from "../../bench/rotation/run-rotation.ts";
import { projectRoot } from "../../local/launcher/project.ts";

it("every secret rotates twice, by two instances at once and with Key Vault away in between, and not one request fails", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "headrace-rotation-"));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const report = await runRotation({
    stateDir,
    appDir: projectRoot,
    rate: 60,
    tokenSeconds: 30,
    cacheSeconds: 2,
    awaySeconds: 8,
    // `npm run rotation` does; test/shared/secrets/secrets.test.ts does with a clock that it moves.
    awaitEnd: false,
    say: () => undefined,
  });
  expect(report.load.failures).toEqual([]);
  expect(report.load.requests).toBeGreaterThan(1_000);
  expect(report.keySetGaps).toBe(0);
  expect(report.keySetReads).toBeGreaterThan(100);
  expect([report.signingKeysUsed, report.receiptKeysUsed]).toEqual([3, 3]);
  expect(report.versions).toEqual({ "token-signing-key": 3, "receipt-key": 3 });
  expect(report.providerValues.map((value) => value.split("-")[1])).toEqual(["first", "second", "third"]);
  expect(report.providerFailures).toBe(0);
  expect(report.leaks).toEqual([]);
});
