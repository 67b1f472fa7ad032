import type { Deprecation } from "../http/deprecations.ts";

/** An operation as the document has it: what a page about it reads. */
export interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly [string];
  readonly security: readonly object[];
  readonly deprecated?: boolean;
  readonly "x-deprecation"?: Deprecation;
  readonly "x-scope"?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answered>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  /** False where the values of a list are divided by commas. */
  readonly explode?: boolean;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example?: unknown;
}

interface Media {
  readonly example?: object | string;
}

export interface Answered {
  readonly description: string;
  readonly content?: Readonly<Record<string, Media>>;
  readonly $ref?: string;
}

export interface Operation extends Described {
  readonly method: string;
  readonly path: string;
}

/** All operations of a document, in its order. */
export function operationsIn(contract: Readonly<Record<string, unknown>>): Operation[] {
  const paths = contract.paths as Record<string, Record<string, Described>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ ...described, method: method.toUpperCase(), path })),
  );
}
