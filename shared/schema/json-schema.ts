/** A JSON Schema of an org, 2020-12. An object; a boolean is a schema only inside of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What makes a schema unfit. */
export interface SchemaProblem {
  /** A JSON pointer into the schema, RFC 6901; empty for the schema as a whole. */
  readonly pointer: string;
  readonly message: string;
}

/** A JSON pointer with one more name or index (RFC 6901, section 3). */
export function pointTo(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
