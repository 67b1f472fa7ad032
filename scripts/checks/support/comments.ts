import ts from "typescript";

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The comments of a file, in order. */
export function findComments(source: ts.SourceFile): Range[] {
  const literals = findLiterals(source);
  const comments: Range[] = [];
  const begin = /\/\/.*|\/\*[\s\S]*?\*\//g;
  for (let match = begin.exec(source.text); match; match = begin.exec(source.text)) {
    const start = match.index;
    const literal = literals.find((one) => one.start <= start && start < one.end);
    if (literal) begin.lastIndex = literal.end;
    else comments.push({ start, end: begin.lastIndex });
  }
  return comments;
}

/** Text that may hold two slashes that are not a comment. */
function findLiterals(source: ts.SourceFile): Range[] {
  const found: Range[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralExpression(node) || ts.isTemplateMiddleOrTemplateTail(node) || ts.isTemplateHead(node))
      found.push({ start: node.getStart(source), end: node.end });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
