import process from "node:process";
import { notSupported } from "./not-supported.ts";
import { runSuite } from "./run-suite.ts";

const help = `Usage: npm run test:json-schema -- DIR

Runs draft 2020-12 of the JSON Schema Test Suite, which lies in DIR: https://github.com/json-schema-org/JSON-Schema-Test-Suite.
Each schema is either judged by, and then every test of it must pass, or it is refused, as docs/schemas.md states.
`;

const [dir] = process.argv.slice(2);
if (dir === undefined || dir.startsWith("-")) {
  process.stderr.write(help);
  process.exit(dir === "--help" || dir === "-h" ? 0 : 2);
}
const results = await runSuite(dir).catch((error: unknown) => {
  process.stderr.write(`The suite cannot be read there: ${error instanceof Error ? error.message : String(error)}\n`);
  return process.exit(2);
});
let [groups, refused, passed] = [0, 0, 0];
for (const one of results) {
  groups += one.groups;
  refused += one.refused;
  passed += one.passed;
  const why = one.refused > 0 ? `, ${one.refused} schemas refused: ${notSupported[one.file]?.because}` : "";
  process.stdout.write(`${one.faults.length > 0 ? "✗" : "✓"} ${one.file}: ${one.passed} tests passed${why}\n`);
  for (const fault of one.faults) process.stdout.write(`  ${fault}\n`);
}
process.stdout.write(`${passed} tests of ${groups - refused} schemas passed; ${refused} schemas were refused\n`);
if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
