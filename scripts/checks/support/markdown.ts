/** Something that a page says, and where. */
export interface Piece {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

export interface Page {
  /** Lines outside of fenced code. */
  readonly prose: readonly Piece[];
  /** Code in backticks. */
  readonly spans: readonly Piece[];
  /** Lines of fenced code. A diagram is not code: its names are its own. */
  readonly fenced: readonly Piece[];
  /** Where a fence opens code that is never closed. All code of the page may then begin where it should end. */
  readonly unclosed: number | undefined;
  /** The targets of links, as written. */
  readonly links: readonly Piece[];
  /** The targets that `#…` can name: headings, as GitHub makes addresses of them. */
  readonly anchors: ReadonlySet<string>;
}

export function readPage(text: string): Page {
  const { prose, fenced, unclosed } = splitByFence(text);
  return {
    prose,
    spans: prose.flatMap((piece) => matchAll(piece, /`([^`]+)`/g)),
    fenced,
    unclosed,
    links: prose.flatMap((piece) => matchAll(withoutSpans(piece), /\]\(([^()\s]+)\)/g)),
    anchors: collectAnchors(prose),
  };
}

function splitByFence(text: string): Pick<Page, "prose" | "fenced" | "unclosed"> {
  const prose: Piece[] = [];
  const fenced: Piece[] = [];
  let language: string | undefined;
  let openedAt = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const [, opened] = /^\s*```(\w*)/.exec(line) ?? [];
    if (opened !== undefined) {
      if (language === undefined) openedAt = index + 1;
      language = language === undefined ? opened : undefined;
    } else if (language === undefined) prose.push({ text: line, line: index + 1 });
    else if (language !== "mermaid") fenced.push({ text: line, line: index + 1 });
  }
  return { prose, fenced, unclosed: language === undefined ? undefined : openedAt };
}

function matchAll({ text, line }: Piece, pattern: RegExp): Piece[] {
  return [...text.matchAll(pattern)].map(([, found = ""]) => ({ text: found, line }));
}

function withoutSpans({ text, line }: Piece): Piece {
  return { text: text.replaceAll(/`[^`]*`/g, "``"), line };
}

function collectAnchors(prose: readonly Piece[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const { text } of prose) {
    const [, heading] = /^#{1,6} (.+)$/.exec(text) ?? [];
    if (heading === undefined) continue;
    const anchor = toAnchor(heading);
    let number = 0;
    while (anchors.has(number === 0 ? anchor : `${anchor}-${number}`)) number++;
    anchors.add(number === 0 ? anchor : `${anchor}-${number}`);
  }
  return anchors;
}

function toAnchor(heading: string): string {
  const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return shown
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}
