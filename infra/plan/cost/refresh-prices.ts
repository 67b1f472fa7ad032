import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readPrices } from "./prices.ts";
import { refreshPrices } from "./refresh.ts";

const usage = `usage: npm run infra:prices -- [--region eastus2]

Asks the public Retail Prices API for every price of infra/plan/cost/prices.json and writes it there. Says what it could
not find: that keeps its price. Needs the internet, and no login.
`;

const file = new URL("prices.json", import.meta.url);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { region: { type: "string" }, help: { type: "boolean", default: false } } });
  if (values.help) return void process.stdout.write(usage);
  const list = readPrices(JSON.parse(await readFile(file, "utf8")));
  const deps = { fetch, now: Date.now, sleep: async (ms: number) => void (await sleep(ms)) };
  const refreshed = await refreshPrices(deps, list, values.region ?? list.region);
  if (refreshed.found.length > 0) await writeFile(file, `${JSON.stringify(refreshed.list, null, 2)}\n`);
  console.log([...refreshed.found, "", `Not found: ${refreshed.missing.length}`, ...refreshed.missing].join("\n"));
  if (refreshed.missing.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
