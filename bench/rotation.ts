import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseFlags, readNumber, runCommand } from "../cli/command.ts";
import { projectRoot } from "../local/launcher/project.ts";
import { runRotation } from "./rotation/run-rotation.ts";

const help = `Usage: npm run rotation -- [FLAGS]

Rotates the signing key, the receipt key and a provider's secret twice each, by two instances at once, under a steady load, with Key
Vault away in between. Exit code 1 when a single request failed, a key set lacked a key that a living token needed, a rotation made more
or less than one version, or an old key is not gone after the overlap. The report names the slowest request of each phase.

  --rate N       requests a second                     (500)
  --tokens N     lifetime of access tokens, seconds    (60)
  --cache N      lifetime of cached secrets, seconds   (5)
  --away N       seconds that Key Vault is away        (60)
  --app DIR      the function app                      (this project)
`;

const flags = {
  rate: { type: "string", default: "500" },
  tokens: { type: "string", default: "60" },
  cache: { type: "string", default: "5" },
  away: { type: "string", default: "60" },
  app: { type: "string", default: projectRoot },
  help: { type: "boolean", short: "h", default: false },
} as const;

await runCommand("rotation", async (args) => {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const stateDir = mkdtempSync(join(tmpdir(), "headrace-rotation-"));
  const began = performance.now();
  try {
    const report = await runRotation({
      stateDir,
      appDir: resolve(values.app),
      rate: readNumber("--rate", values.rate, { min: 1, max: 5_000 }),
      tokenSeconds: readNumber("--tokens", values.tokens, { min: 10, max: 3_600 }),
      cacheSeconds: readNumber("--cache", values.cache, { min: 1, max: 300 }),
      awaySeconds: readNumber("--away", values.away, { min: 0, max: 3_600 }),
      awaitEnd: true,
      say: (line) =>
        process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}\n`),
    });
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    const { load, keySetGaps, versions, keysAtEnd, providerFailures, providerValues, leaks } = report;
    const good =
      load.failed === 0 &&
      keySetGaps === 0 &&
      keysAtEnd === 1 &&
      providerFailures === 0 &&
      providerValues.length === 3 &&
      leaks.length === 0 &&
      report.signingKeysUsed === 3 &&
      report.receiptKeysUsed === 3 &&
      Object.values(versions).every((count) => count === 3);
    process.stdout.write(good ? "Not one request failed.\n" : "It is not as it must be.\n");
    return good ? 0 : 1;
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});
