import ts from "typescript";
import { longParts } from "./long-parts.ts";
import { type Finding, reportFindings } from "./support/finding.ts";
import { lineAt, parse } from "./support/parse.ts";
import { readFiles, sources, type TextFile } from "./support/project.ts";

const FILE_LINES = 350;
const FUNCTION_LINES = 50;
const LIST = "scripts/checks/long-parts.ts";

interface Part {
  /** As in the list: `path` or `path#name`. */
  readonly key: string;
  readonly path: string;
  readonly line?: number;
  readonly what: string;
}

/** Files and functions that are too long and not in the list, and unneeded entries of the list. */
export function findLong(files: readonly TextFile[], list: Readonly<Record<string, string>>): Finding[] {
  const long = files.flatMap((file) => [...measureFile(file), ...measureFunctions(file)]);
  const keys = new Set(long.map(({ key }) => key));
  const unlisted = long.filter(({ key }) => !Object.hasOwn(list, key));
  const stale = Object.keys(list).filter((key) => !keys.has(key));
  const silent = Object.keys(list).filter((key) => list[key]?.trim() === "");
  return [
    ...unlisted.map(({ key, ...part }) => ({
      ...part,
      next: `Cut it in two, or name "${key}" in ${LIST} with the reason why it is better whole.`,
    })),
    ...stale.map((key) => ({
      path: LIST,
      what: `"${key}" is not too long, or not there any more`,
      next: "Take the entry out.",
    })),
    ...silent.map((key) => ({
      path: LIST,
      what: `"${key}" is listed without a reason`,
      next: "Say why it is better whole, or cut it.",
    })),
  ];
}

function measureFile({ path, text }: TextFile): Part[] {
  const lines = text.split("\n").length - 1;
  return lines > FILE_LINES ? [{ key: path, path, what: `the file has ${lines} lines, ${FILE_LINES} at most` }] : [];
}

function measureFunctions(file: TextFile): Part[] {
  const source = parse(file);
  const found: Part[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!isFunction(node) || isTestCallback(node)) return;
    const lines = countLines(source, node);
    if (lines <= FUNCTION_LINES) return;
    const name = nameOf(node);
    const what = `the function ${name} has ${lines} lines, ${FUNCTION_LINES} at most`;
    found.push({ key: `${file.path}#${name}`, path: file.path, line: lineAt(source, node.getStart(source)), what });
  };
  visit(source);
  return found;
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

/** From the signature to the last brace; the tests that a function describes do not count as its lines. */
function countLines(source: ts.SourceFile, node: ts.Node): number {
  const spans = (one: ts.Node): number => lineAt(source, one.end) - lineAt(source, one.getStart(source));
  let lines = spans(node) + 1;
  const visit = (inner: ts.Node): void => {
    if (isTestCallback(inner)) lines -= spans(inner);
    else ts.forEachChild(inner, visit);
  };
  ts.forEachChild(node, visit);
  return lines;
}

/** The functions passed to `describe` and `it`, also to `it.each(…)(…)`. */
function isTestCallback(node: ts.Node): boolean {
  if (!isFunction(node) || !ts.isCallExpression(node.parent)) return false;
  return /^(describe|it)$/.test(calledName(node.parent));
}

/** `it` of `it.each(rows)("title", …)`. */
function calledName(call: ts.CallExpression): string {
  let called: ts.Node = call.expression;
  while (ts.isCallExpression(called) || ts.isPropertyAccessExpression(called)) called = called.expression;
  return ts.isIdentifier(called) ? called.text : "";
}

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (node.name) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  return ts.isCallExpression(parent) ? `(given to ${parent.expression.getText()})` : "(without a name)";
}

if (import.meta.main) reportFindings(findLong(readFiles(sources), longParts));
