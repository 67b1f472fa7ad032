import { badRequest } from "../errors.ts";
import type { PartitionRange } from "../partition/ranges.ts";

/**
 * `<range>:-1#<number of the last change>`, separated by commas: the form that the SDK keeps for each range and sends
 * for all of them (`session/sessionContainer.js`, `session/VectorSessionToken.js`).
 */
export function writeSessionToken(ranges: readonly PartitionRange[], upTo: number): string {
  return ranges.map(({ id }) => `${id}:-1#${upTo}`).join(",");
}

/** The change that a replica must have, of those that concern these ranges; 0 without a token. */
export function readSessionToken(token: string | undefined, ranges: readonly PartitionRange[]): number {
  const concerned = new Set(ranges.map(({ id }) => id));
  const numbers = (token ?? "")
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const [, range, number] = /^(\d+):-1#(\d+)$/.exec(part) ?? [];
      if (range === undefined) throw badRequest(`The session token '${part}' is invalid.`);
      return concerned.has(range) ? Number(number) : 0;
    });
  return Math.max(0, ...numbers);
}
