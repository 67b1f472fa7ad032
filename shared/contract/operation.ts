import type { z } from "zod";
import type { ErrorCode } from "../errors.ts";
import type { HeaderName } from "./headers.ts";

/** What an answer says, when all went well. */
export interface Reply {
  readonly says: string;
  /** What the endpoint answers, without the `request_id` that every object gets. Not given: there is no body. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** Where the body is no object of JSON that gets a `request_id`. */
  readonly as?: "text/html" | "text/javascript" | "application/json";
  /** The body as `application/x-ndjson`, where that can be asked for too: an example of it. */
  readonly lines?: string;
  /** The type of the same as bytes that are no JSON, for who sent such. */
  readonly bytes?: "application/x-protobuf";
  /** `Link` leads to the next page. */
  readonly pages?: true;
  /** What it has beside the headers of every answer. */
  readonly headers?: readonly HeaderName[];
}

export interface Body {
  readonly schema: z.ZodType;
  readonly example: unknown;
  /** Default: `application/json`. */
  readonly types?: readonly string[];
  /** Bodies of another shape, by their types. */
  readonly also?: Readonly<Record<string, { readonly schema: z.ZodType; readonly example: unknown }>>;
  /** The endpoint does without. */
  readonly optional?: true;
}

/** What the contract says of a route beside its row in the table of routes. */
export interface Operation {
  readonly about: "events" | "schemas" | "dialects" | "access" | "people" | "operator" | "service";
  /** The schema that parses the query. */
  readonly query?: z.ZodObject;
  /** Headers that are read of a request, beside what HTTP and the credential bring. */
  readonly headers?: z.ZodObject;
  /** Values of parameters, by name. */
  readonly example?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly body?: Body;
  readonly replies: Readonly<Record<number, Reply>>;
  /** What it can answer beside what follows from its row. */
  readonly codes?: readonly ErrorCode[];
  /** What every answer of it can have beside the headers of all, refusals too. */
  readonly answerHeaders?: readonly HeaderName[];
}

type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
    : T;
type Same<A, B> = [Plain<A>] extends [Plain<B>] ? ([Plain<B>] extends [Plain<A>] ? unknown : never) : never;

/** A schema of a type that the code answers. It does not compile when one of the two has another shape. */
export function shapeOf<View>(): <Schema extends z.ZodType>(schema: Schema & Same<z.output<Schema>, View>) => Schema {
  return (schema) => schema;
}
