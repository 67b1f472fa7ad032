import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackError } from "../../local/launcher/stack-error.ts";
import { type Report, toMarkdown } from "./report.ts";

const begin = "<!-- written by npm run bench: begin -->";
const end = "<!-- written by npm run bench: end -->";

/**
 * Writes `benchmarks.json` and, between its two marks, `benchmarks.md` of a folder. Figures that were not measured this
 * time keep their last results; people's text outside of the marks stays.
 */
export function keepResults(dir: string, measured: Report): void {
  mkdirSync(dir, { recursive: true });
  const jsonFile = join(dir, "benchmarks.json");
  const report: Report = { ...(JSON.parse(readIfThere(jsonFile) ?? "{}") as Report), ...measured };
  const markdownFile = join(dir, "benchmarks.md");
  const markdown = insert(readIfThere(markdownFile) ?? `# Benchmarks\n\n${begin}\n${end}\n`, toMarkdown(report));
  writeFileSync(jsonFile, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(markdownFile, markdown);
}

function insert(text: string, results: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) {
    throw new StackError(`benchmarks.md lacks the marks that the results go between:\n${begin}\n${end}`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${results}\n${text.slice(to)}`;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
