export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: Node;
}

export type Node = { readonly [name: string]: unknown };

export interface Operation {
  readonly operationId?: string;
  readonly security?: readonly Node[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Media {
  readonly schema?: Schema;
}

export interface Response {
  readonly content?: Readonly<Record<string, Media>>;
  readonly headers?: Node;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly [word: string]: unknown;
}

/** Follows references of a document, `#/components/…`, to what they name. */
export function follow<T extends object>(document: Document, node: T | { readonly $ref?: string }): T {
  const at = (node as { readonly $ref?: string }).$ref;
  if (at === undefined) return node as T;
  const found = at
    .slice(2)
    .split("/")
    .reduce<unknown>((inner, part) => (inner as Node | undefined)?.[part], document);
  if (typeof found !== "object" || found === null) throw new Error(`${at} leads nowhere`);
  return follow(document, found as T);
}
