import { findComments } from "./support/comments.ts";
import { type Finding, reportFindings } from "./support/finding.ts";
import { type Piece, readPage } from "./support/markdown.ts";
import { lineAt, parse } from "./support/parse.ts";
import { readFiles, sources, type TextFile } from "./support/project.ts";

const WIDTH = 120;

/** Decisions and releases too: they are read as any page. */
const others = [
  ...["*.{md,cjs,yaml}", ".*.cjs", ".ci/*", ".github/**/*.{md,yml}"],
  "{docs,functions,shared,sdk,local,cli,bench,scripts,spec,test}/**/*.{md,cjs,yaml}",
];

/** Comments and Markdown that are too wide. The formatter takes care of strings and code. */
export function findWide(files: readonly TextFile[]): Finding[] {
  return files.flatMap((file) => {
    const lines = file.text.split("\n");
    const wide = [...linesToCheck(file)].filter((line) => isTooWide(lines[line - 1] ?? ""));
    return wide.map((line) => ({
      path: file.path,
      line,
      what: `the line is ${[...(lines[line - 1] ?? "")].length} wide, ${WIDTH} at most`,
      next: "Break it at a word; the formatter leaves comments and Markdown as they are.",
    }));
  });
}

/** From 1. */
function linesToCheck(file: TextFile): Set<number> {
  if (/\.(ts|cjs)$/.test(file.path)) return linesOfComments(file);
  if (file.path.endsWith(".md")) return linesWith(readPage(file.text).prose, /^(?!\s*\|)/);
  const lines = file.text.split("\n").map((text, index) => ({ text, line: index + 1 }));
  return linesWith(lines, /^\s*#/);
}

function linesWith(pieces: readonly Piece[], pattern: RegExp): Set<number> {
  return new Set(pieces.filter(({ text }) => pattern.test(text)).map(({ line }) => line));
}

/** The lines that end in a comment. */
function linesOfComments(file: TextFile): Set<number> {
  const source = parse(file);
  const lines = new Set<number>();
  for (const { start, end } of findComments(source)) {
    const isLast = /^[^\S\n]*(\n|$)/.test(file.text.slice(end));
    const last = lineAt(source, end) - (isLast ? 0 : 1);
    for (let line = lineAt(source, start); line <= last; line++) lines.add(line);
  }
  return lines;
}

/** A single word, span of code or link cannot be broken. */
function isTooWide(line: string): boolean {
  if ([...line].length <= WIDTH) return false;
  const content = line.replace(/^\s*(?:\/\/|\/\*\*?|\*|#+|>|[-+*]|\d+\.)?\s*/, "").replace(/\s*\*\/$/, "");
  return !/^(?:\S+|`[^`]+`|\[[^\]]+\]\([^)\s]+\))[.,;:)]*$/.test(content);
}

if (import.meta.main) reportFindings(findWide(readFiles([...sources, ...others])));
