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
