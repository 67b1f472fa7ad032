import { readFileSync } from "node:fs";
import { findCommands } from "./doc-commands.ts";
import { type Finding, reportFindings } from "./support/finding.ts";
import { readPage } from "./support/markdown.ts";
import { readDocs, type TextFile } from "./support/project.ts";

/** Scripts of package.json that no page names: nobody finds them. */
export function findUnknownScripts(scripts: readonly string[], docs: readonly TextFile[]): Finding[] {
  const named = new Set([
    ...findCommands(docs).map(({ command }) => command.replace(/^npm (run )?/, "")),
    ...docs.flatMap(({ text }) => readPage(text).spans.map((span) => span.text)),
  ]);
  return scripts
    .filter((name) => !named.has(name))
    .map((name) => ({
      path: "package.json",
      what: `no page names the script "${name}"`,
      next: `Say in README.md or docs/ what \`npm run ${name}\` is for, or take it out.`,
    }));
}

if (import.meta.main) {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  reportFindings(findUnknownScripts(Object.keys(scripts), readDocs()));
}
