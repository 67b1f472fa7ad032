import type { Sent } from "./exchange.ts";
import type { Told } from "./normalise.ts";

/**
 * A request of the list. `{{name}}` in its path, headers and text stands for a value from an earlier answer.
 * `{{operator}}` stands for the operator's key, `{{foreign}}` for the key of an org that does not exist, and `{{api}}`
 * for the origin of the API.
 */
export interface RequestStep extends Pick<Told, "grain" | "ties" | "unsized"> {
  /** In the list once. */
  readonly name: string;
  readonly method: Sent["method"];
  readonly path: string;
  readonly headers?: Sent["headers"];
  /** Made when it is sent, if it is large. */
  readonly body?: string | Uint8Array | (() => string | Uint8Array);
  readonly chunked?: boolean;
  /** The browser whose cookies go along and that keeps the answer's. */
  readonly browser?: string;
  /**
   * The values that later requests need: the group of an expression over the answer's headers, a line each, and its
   * body.
   */
  readonly keep?: Readonly<Record<string, RegExp | ((text: string) => string)>>;
  /** Asked again until `status body` matches; only the last answer is recorded. */
  readonly until?: RegExp;
}

/**
 * The steps at the identity provider, which are not recorded. They lead from the address kept as `from`, where the
 * person is chosen, to the path of the product that the browser is sent back to, which is kept as `to`.
 */
export interface VisitStep {
  readonly person: string;
  readonly from: string;
  readonly to: string;
}

export type Step = RequestStep | VisitStep;

/** An `Authorization` header for the credential that is kept under this name. */
export function bearer(name: string): { readonly authorization: string } {
  return { authorization: `Bearer {{${name}}}` };
}

export function json(value: unknown): string {
  return JSON.stringify(value);
}
