import { errorTable } from "../../shared/errors.ts";
import { findComments } from "./support/comments.ts";
import { type Finding, reportFindings } from "./support/finding.ts";
import { readPage } from "./support/markdown.ts";
import { parse } from "./support/parse.ts";
import { readDocs, readFiles, sources, type TextFile } from "./support/project.ts";

/**
 * Words that only code has: `camelCase` and `snake_case`, settings too. Not words that follow a dot, `$` or a slash.
 */
const names = /(?<![\w$./…-])(?:[a-z]+[A-Z]\w*|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+)(?![\w-])/g;
/** The names that an example declares itself, and its data. */
const declarations = /(?<=\b(?:const|let|function\*?|class|interface|type) )\w+/g;
const quoted = /"[^"]*"|'[^']*'/g;
/** Others' names, which pages may use though our code does not. */
const foreign = new Set(["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "NODE_OPTIONS", "preAuthorizedApplications"]);
/** Configuration that is code to people. */
const configuration = [
  ...["host.json", "package.json", "local.settings.example.json", "compose.yaml", "cli/*.cjs"],
  ...["infra/**/*.ts", ".github/**/*.yml"],
];

/** Functions, fields, settings and error codes that pages name and the code does not. */
export function findWrongNames(docs: readonly TextFile[], code: readonly TextFile[]): Finding[] {
  const known = new Set([...code.flatMap(wordsOf), ...foreign]);
  return docs.flatMap(({ path, text }) => {
    const { spans, fenced } = readPage(text);
    const declared = new Set(fenced.flatMap((piece) => piece.text.match(declarations) ?? []));
    const examples = fenced.map((piece) => ({ ...piece, text: piece.text.replaceAll(quoted, "") }));
    return [...spans, ...examples].flatMap((piece) => {
      const unknown = (piece.text.match(names) ?? []).filter((name) => !known.has(name) && !declared.has(name));
      return unknown.map((name) => ({
        path,
        line: piece.line,
        what: `the code has nothing of the name "${name}"`,
        next: "Write what it is called now, or take it out.",
      }));
    });
  });
}

/** Without comments: those tell of the past, too. */
function wordsOf(file: TextFile): string[] {
  let { text } = file;
  if (file.path.endsWith(".ts"))
    for (const { start, end } of findComments(parse(file)).toReversed()) text = text.slice(0, start) + text.slice(end);
  return text.match(/[A-Za-z_$][\w$]*/g) ?? [];
}

/** Error codes that pages give with a status other than the table's: "503 `secrets_unavailable`". */
export function findWrongStatus(
  docs: readonly TextFile[],
  table: Readonly<Record<string, readonly [status: number, ...rest: unknown[]]>>,
): Finding[] {
  return docs.flatMap(({ path, text }) =>
    readPage(text).prose.flatMap((piece) =>
      [...piece.text.matchAll(/\b([45]\d\d),? `([a-z]+(?:_[a-z]+)*)`/g)].flatMap(([, status = "", code = ""]) => {
        const [right] = table[code] ?? [];
        if (String(right) === status) return [];
        const what = right === undefined ? `there is no error "${code}"` : `"${code}" is ${right} and not ${status}`;
        return [{ path, line: piece.line, what, next: "Write it as shared/errors.ts has it." }];
      }),
    ),
  );
}

if (import.meta.main) {
  const docs = readDocs();
  const wrong = findWrongNames(docs, readFiles([...sources, ...configuration]));
  reportFindings([...wrong, ...findWrongStatus(docs, errorTable)]);
}
