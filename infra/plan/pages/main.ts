import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writePages } from "./write-pages.ts";

const usage = `usage: npm run infra:pages -- [--check]

Writes docs/azure.md and docs/cost.md from the program and the prices. Runs it some fifteen times, without Azure.

  --check   writes nothing, and says which of them is not up to date
`;

async function main(check: boolean): Promise<void> {
  for (const [path, text] of Object.entries(await writePages())) {
    const file = fileURLToPath(new URL(`../../../${path}`, import.meta.url));
    if ((await readFile(file, "utf8").catch(() => "")) === text) continue;
    if (check) {
      process.stderr.write(`${path} is not up to date: run \`npm run infra:pages\`\n`);
      process.exitCode = 1;
    } else {
      await writeFile(file, text);
      process.stdout.write(`${path} written\n`);
    }
  }
}

const flag = { type: "boolean", default: false } as const;
const { values } = parseArgs({ options: { check: flag, help: flag } });
if (values.help) process.stdout.write(usage);
else await main(values.check);
