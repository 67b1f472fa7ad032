import { badRequest } from "../errors.ts";

/** After which document a page begins: the keys it is ordered by, and its row id. */
export interface Position {
  readonly keys: readonly string[];
  readonly rid: number;
}

/**
 * What a continuation token carries. It names a place among the documents, not a number of them, so inserts do not
 * shift it.
 */
export interface Continuation {
  readonly position?: Position;
  /** Rows of the next document that were answered already (under JOIN one document gives several). */
  readonly partial?: { readonly rid: number; readonly rows: number };
  /**
   * Rows answered so far, for TOP and LIMIT. For answers that are computed whole, the row at which the next page
   * begins.
   */
  readonly answered: number;
}

export function writeContinuation(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation)).toString("base64url");
}

/** @throws {CosmosError} 400 for a token that this emulator did not give */
export function readContinuation(token: string | undefined): Continuation | undefined {
  if (token === undefined || token === "") return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (isContinuation(value)) return value;
  } catch {
    // Answered below, like a token of another shape.
  }
  throw badRequest("Invalid Continuation Token.");
}

function isContinuation(value: unknown): value is Continuation {
  if (typeof value !== "object" || value === null) return false;
  const { answered, position, partial } = value as Partial<Continuation>;
  const isPosition =
    position === undefined ||
    (Number.isInteger(position.rid) &&
      Array.isArray(position.keys) &&
      position.keys.every((key) => typeof key === "string")); // prettier-ignore
  return Number.isInteger(answered) && isPosition && (partial === undefined || Number.isInteger(partial.rows));
}
