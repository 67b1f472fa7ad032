import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { parseFlags, runCommand, UsageError } from "../cli/command.ts";
import { openSource, readLines } from "../cli/send/read-lines.ts";
import { formatTable } from "../cli/table.ts";
import { startStack } from "../local/launcher/stack.ts";
import { compareEdits } from "./dialects/compare-edits.ts";
import { type Edit, readEdit } from "./dialects/edit.ts";
import { senders } from "./dialects/senders.ts";
import { makeOrgs } from "./verify.ts";

const help = `Usage: npm run dialects -- FILE

Sends a file of Wikipedia edits (NDJSON) by each SDK that docs/migrate.md names, to a Headrace of its own, and compares every
stored event with its line: once, with its person, time, type and properties. Exit code 1 on any difference.
`;

const flags = { help: { type: "boolean", short: "h", default: false } } as const;

await runCommand("dialects", run);

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  if (values.help) return print(help);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`Name the file of edits.\n\n${help}`);
  const edits: Edit[] = [];
  for await (const { text = "", number } of readLines(openSource(file))) edits.push(readEdit(text, number));
  print(`${basename(file)}: ${edits.length} edits\n`);
  const stateDir = mkdtempSync(join(tmpdir(), "headrace-dialects-"));
  const { baseUrl, stop } = await startStack({ stateDir });
  try {
    return await sendByEach(edits, { baseUrl, stateDir });
  } finally {
    await stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function sendByEach(
  edits: readonly Edit[],
  product: { readonly baseUrl: string; readonly stateDir: string },
): Promise<number> {
  const keys = await makeOrgs(product, Object.keys(senders));
  const rows = [["SDK", "sent in", "as sent", "not"]];
  const differences: string[] = [];
  for (const [name, sender] of Object.entries(senders)) {
    const target = { baseUrl: product.baseUrl, key: keys.get(name) ?? "" };
    const began = performance.now();
    await sender.send(edits, target);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const found = await compareEdits(edits, sender, target);
    rows.push([name, `${seconds} s`, String(edits.length - found.length), String(found.length)]);
    differences.push(...found.slice(0, 5).map((line) => `${name}: ${line}\n`));
  }
  print(`\n${formatTable(rows)}${differences.join("")}`);
  return differences.length === 0 ? 0 : 1;
}

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}
