import { UsageError } from "../command.ts";
import { type FieldMapping, type Fields, parseObject } from "./map-line.ts";
import type { Line } from "./read-lines.ts";

/** How far is read ahead at most: lines, and characters of them. */
const MOST_LINES = 10_000;
const MOST_CHARS = 32 * 1024 * 1024;
const SHOWN_NAMES = 20;

interface Ahead {
  readonly lines: readonly Line[];
  readonly ended: boolean;
  /** Mapped fields that were not seen, by the flags that name them. */
  readonly missing: readonly string[];
  /** The first line that is an object. */
  readonly first: Fields | undefined;
}

/**
 * The same lines. Before it gives the first one, it reads on until every mapped field has been seen. Throws a
 * UsageError when the end comes first: nothing was sent then, and what is sent cannot be taken back. Where reading
 * ahead stops before the end, it warns.
 */
export async function* readAhead(
  lines: AsyncIterable<Line>,
  mapping: FieldMapping,
  warn: (text: string) => void,
): AsyncGenerator<Line> {
  const source = lines[Symbol.asyncIterator]();
  try {
    const ahead = await lookFor(mapping, source);
    if (ahead.missing.length > 0 && ahead.first !== undefined) tell(ahead, ahead.first, warn);
    yield* ahead.lines;
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
  } finally {
    await source.return?.();
  }
}

async function lookFor(mapping: FieldMapping, source: AsyncIterator<Line>): Promise<Ahead> {
  const missing = new Map(Object.entries(mapping).map(([name, field]) => [String(field), `--${name}-field ${field}`]));
  const lines: Line[] = [];
  let chars = 0;
  let first: Fields | undefined;
  let ended = false;
  while (missing.size > 0 && lines.length < MOST_LINES && chars < MOST_CHARS) {
    const next = await source.next();
    if (next.done) {
      ended = true;
      break;
    }
    lines.push(next.value);
    chars += next.value.text?.length ?? 0;
    const fields = parseObject(next.value.text);
    if (typeof fields === "string") continue;
    first ??= fields;
    for (const field of missing.keys()) if (Object.hasOwn(fields, field)) missing.delete(field);
  }
  return { lines, ended, missing: [...missing.values()], first };
}

function tell({ missing, ended, lines }: Ahead, first: Fields, warn: (text: string) => void): void {
  const names = Object.keys(first);
  const more = names.length > SHOWN_NAMES ? `, and ${names.length - SHOWN_NAMES} more` : "";
  const shown = `The first one has ${names.slice(0, SHOWN_NAMES).join(", ")}${more}.`;
  if (!ended) {
    warn(`${missing.join(", ")}: none of the first ${lines.length} lines has it. ${shown}`);
    return;
  }
  throw new UsageError(
    `${missing.join(", ")}: no line has it, so nothing was sent. ${shown} Leave the flag out, or name a field that lines have.`,
  );
}
