import process from "node:process";
import { type Row, rows } from "./rows.ts";
import { type Search, search } from "./search.ts";

const AT_ONCE = 2;

/** A line for each row, and one that says how many are as they must be. */
async function main(): Promise<number> {
  const left = [...rows];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let row = left.shift(); row; row = left.shift()) if (!report(row, await search(row))) failed++;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const passed = rows.length - failed;
  process.stdout.write(`\nTests  ${failed > 0 ? `${failed} failed | ` : ""}${passed} passed (${rows.length})\n`);
  return failed === 0 ? 0 : 1;
}

function report({ name, model, expect }: Row, { is, states, depth, seconds, output }: Search): boolean {
  const passed = is === expect;
  const found = is === "holds" ? "holds in all" : is === "counterexample" ? "caught after" : "UNFINISHED after";
  const numbers = `${states.toLocaleString("en-US")} states, depth ${depth}, ${seconds.toFixed(1)} s`;
  process.stdout.write(`${passed ? "✓" : "✗"} ${model}: ${name}: ${found} ${numbers}\n`);
  if (!passed) process.stdout.write(`${output.trim()}\n`);
  return passed;
}

try {
  process.exitCode = await main();
} catch (error) {
  const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
  const how = missing ? " `apt-get install spin gcc` installs what is needed." : "";
  process.stderr.write(`spec: ${error instanceof Error ? error.message : String(error)}${how}\n`);
  process.exitCode = 2;
}
