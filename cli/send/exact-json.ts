/** Source text access of JSON: Node 24 has it, and TypeScript's library does not know it yet. */
interface ExactJson {
  parse(text: string, revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}
const exact = JSON as unknown as ExactJson;

/** Long digits, exponents and −0: only there may a number read back as another one. */
const MAY_CHANGE = /\d{16}|\d[eE]|-0/;

/**
 * Parses JSON so that `JSON.stringify` writes every number as it was written: what is to become of `608548899684111178`
 * is for the API to say. Throws a SyntaxError.
 */
export function parseExactly(text: string): unknown {
  if (!MAY_CHANGE.test(text)) return JSON.parse(text) as unknown;
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && JSON.stringify(value) !== source
      ? exact.rawJSON(source)
      : value,
  );
}

/** The text of a text, a number or a boolean: many exports have numeric ids. */
export function toText(value: unknown): string | undefined {
  if (exact.isRawJSON(value)) return value.rawJSON;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}
