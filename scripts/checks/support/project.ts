import { globSync, readFileSync } from "node:fs";
import { sep } from "node:path";

/** A file of the project: `path` is from its root, with `/`. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Every place in which people write TypeScript, except for the files that are wrong on purpose. */
export const sources = ["*.ts", "{functions,shared,sdk,local,cli,bench,scripts,spec,test}/**/*.ts"];

/**
 * The pages that tell of the project as it is now. Decisions and releases are history: things that they name may be
 * gone.
 */
export const docs = ["*.md", "{docs,infra,sdk,local,cli,bench,scripts,spec,test}/**/*.md"];
const history = /^(CHANGELOG\.md$|docs\/adr\/)/;

const leftOut = /(^|\/)(node_modules|dist|\.git|\.headrace)$|^test\/fixtures\/rejected$/;

export function listFiles(patterns: readonly string[]): string[] {
  const found = globSync(patterns, { exclude: (path) => leftOut.test(path.replaceAll(sep, "/")) });
  return found.map((path) => path.replaceAll(sep, "/")).toSorted();
}

export function readFiles(patterns: readonly string[]): TextFile[] {
  return listFiles(patterns).map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

export function readDocs(): TextFile[] {
  return readFiles(docs).filter(({ path }) => !history.test(path));
}
