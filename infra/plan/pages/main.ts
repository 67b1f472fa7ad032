import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writePages } from "./write-pages.ts";

// `npm run infra:pages`: writes the pages of docs/ that come from the program; with `--check` only says which are not up
// to date.
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
for (const [path, text] of Object.entries(await writePages())) {
  const file = fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  if ((await readFile(file, "utf8").catch(() => "")) === text) continue;
  if (values.check) {
    process.stderr.write(`${path} is not up to date: run \`npm run infra:pages\`\n`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    process.stdout.write(`${path} written\n`);
  }
}
