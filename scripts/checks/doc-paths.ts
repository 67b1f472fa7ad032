import { dirname, normalize } from "node:path/posix";
import { type Finding, reportFindings } from "./support/finding.ts";
import { type Page, type Piece, readPage } from "./support/markdown.ts";
import { listFiles, readDocs, type TextFile } from "./support/project.ts";

/** A word of code with a folder in it, up to a placeholder (`<name>`, `…`). */
const withFolder = /(?<![\w./$<>@*-])\.?[\w-]+\/[\w./*-]*/g;
/** A file of code or a page by its name, or by the end of its path. */
const byName = /(?<![\w./$<>*@-])(?:\.\.?\/)*[\w-][\w./*-]*\.(?:ts|cjs|md)(?![\w*-])/g;

/** Files, folders and headings that pages name, as code or by a link, and that are not among all `files`. */
export function findWrongPaths(docs: readonly TextFile[], files: readonly string[]): Finding[] {
  const pages = new Map(docs.map(({ path, text }) => [path, readPage(text)]));
  return docs.flatMap(({ path }) => {
    const page = pages.get(path);
    return page ? [...wrongCode(path, page, files), ...wrongLinks(path, page, { files, pages })] : [];
  });
}

function wrongCode(path: string, { spans, fenced }: Page, files: readonly string[]): Finding[] {
  const roots = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
  return [...spans, ...fenced].flatMap(({ text, line }) => {
    const folders = [...text.matchAll(withFolder)].map(([name]) => name.replace(/\.+$/, ""));
    const rooted = folders.filter((name) => roots.has(name.split("/")[0]));
    const named = [...text.matchAll(byName)].map(([name]) => name).filter((name) => !rooted.includes(name));
    const wrong = [
      ...rooted.filter((name) => !isThere(name, files)),
      ...named.filter((name) => !isThere(name, files) && !isThere(`*/${name}`, files) && !isBeside(path, name, files)),
    ];
    return wrong.map((name) => describeWrong({ path, line }, name, files));
  });
}

function describeWrong(at: Pick<Finding, "path" | "line">, name: string, files: readonly string[]): Finding {
  const last = name.replace(/\/$/, "").split("/").at(-1) ?? "";
  const moved = files.find((file) => file.endsWith(`/${last}`) || file.includes(`/${last}/`));
  const next = moved === undefined ? "Take it out, or name what took its place." : `Is it in ${dirname(moved)}/ now?`;
  return { ...at, what: `"${name}" is not there`, next };
}

/** Whether a path, in which `*` is any text, is a file or the beginning of one at a `/`. */
function isThere(name: string, files: readonly string[]): boolean {
  const pattern = name
    .replace(/\/$/, "")
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*");
  const wanted = new RegExp(`^${pattern}(/|$)`);
  return files.some((file) => wanted.test(file));
}

function isBeside(path: string, name: string, files: readonly string[]): boolean {
  return isThere(normalize(`${dirname(path)}/${name}`), files);
}

interface Project {
  readonly files: readonly string[];
  readonly pages: ReadonlyMap<string, Page>;
}

function wrongLinks(path: string, { links }: Page, project: Project): Finding[] {
  const ours = links.filter(({ text }) => !/^[a-z]+:/.test(text));
  return ours.flatMap((link) => {
    const what = describeLink(path, link, project);
    return what === undefined ? [] : [{ path, line: link.line, what, next: "Lead the link to what took its place." }];
  });
}

/** The fault of a link; undefined when there is none. */
function describeLink(path: string, { text }: Piece, { files, pages }: Project): string | undefined {
  const [file = "", anchor] = text.split("#");
  const target = file === "" ? path : normalize(`${dirname(path)}/${file}`);
  if (!isThere(target, files)) return `the link leads to "${text}", which is not there`;
  const page = pages.get(target);
  if (anchor === undefined || !page || page.anchors.has(anchor)) return undefined;
  return `the link leads to "${text}", and ${target} has no such heading`;
}

/** Decisions (docs/adr/) whose number another one has, or whose heading has another number than their file. */
export function findWrongNumbers(docs: readonly TextFile[]): Finding[] {
  const numbers = new Map<string, string>();
  return docs.flatMap(({ path, text }) => {
    const [, number] = /^docs\/adr\/(\d{4})-/.exec(path) ?? [];
    if (number === undefined) return [];
    const other = numbers.get(number);
    numbers.set(number, other ?? path);
    if (other !== undefined)
      return [{ path, line: 1, what: `${other} has this number too`, next: "Make them one, or take the next number." }];
    if (text.startsWith(`# ${Number(number)}. `)) return [];
    return [{ path, line: 1, what: "the heading has another number", next: `Begin it with "# ${Number(number)}. ".` }];
  });
}

if (import.meta.main) {
  const docs = readDocs();
  reportFindings([...findWrongPaths(docs, listFiles(["**/*", ".*/**/*"])), ...findWrongNumbers(docs)]);
}
