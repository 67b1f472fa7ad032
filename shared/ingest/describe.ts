/**
 * What was found, for a message to a client. It is short, and has only as much of the client's data as it takes to find
 * the place.
 */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string")
    return value.length <= 40 ? `the text ${JSON.stringify(value)}` : `a text of ${value.length} characters`;
  return typeof value === "object" ? "an object" : `the ${typeof value} ${String(value)}`;
}

/** Characters of a name or a path that are told. A client's names can be as long as a body. */
const SHOWN = 200;

/** A name or a path for an answer, a log or a document: the end of a long one is left out. */
export function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN).toWellFormed()}…`;
}
