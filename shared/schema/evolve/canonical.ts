import { isRecord } from "./node.ts";

/** A text that two JSON values share when they are equal: the order of members means nothing, and 1 is 1.0. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

export function isEqual(a: unknown, b: unknown): boolean {
  return a === b || canonical(a) === canonical(b);
}
