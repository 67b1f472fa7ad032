import { type Finding, reportFindings } from "./support/finding.ts";
import { readFiles, type TextFile } from "./support/project.ts";

/** A call of `reached` in the product. */
export interface Mark {
  readonly name: string;
  readonly path: string;
  readonly line: number;
}

export interface Marks {
  readonly marks: readonly Mark[];
  /** Calls that mark nothing: their name is not a literal, or stands at another place as well. */
  readonly wrong: readonly Finding[];
}

const CALL = /\breached\(([^)]*)\)/g;
const LITERAL = /^"([a-z\d]+(?:-[a-z\d]+)*)"$/;
/** It has the function itself. */
const HOME = "shared/runtime/reached.ts";

export function findMarks(sources: readonly TextFile[]): Marks {
  const marks = new Map<string, Mark>();
  const wrong: Finding[] = [];
  for (const { path, text } of sources) {
    if (path === HOME) continue;
    for (const { index, 1: argument = "" } of text.matchAll(CALL)) {
      const at = { path, line: text.slice(0, index).split("\n").length };
      const name = LITERAL.exec(argument)?.[1];
      const other = marks.get(name ?? "");
      if (name === undefined)
        wrong.push({ ...at, what: `the mark ${argument} is not a literal in kebab-case`, next: "Write it as one." });
      else if (other)
        wrong.push({ ...at, what: `the mark "${name}" stands in ${other.path} too`, next: "Give it another name." });
      else marks.set(name, { name, ...at });
    }
  }
  return { marks: [...marks.values()], wrong };
}

/** Those of the product. */
export function readMarks(): Marks {
  return findMarks(readFiles(["{functions,shared}/**/*.ts"]));
}

if (import.meta.main) reportFindings(readMarks().wrong);
